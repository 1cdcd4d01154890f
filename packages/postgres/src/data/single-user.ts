/**
 * Statements on a data directory whose server is down, without a login: PostgreSQL's single-user mode. It wants an account with a name,
 * as `initdb` does, so as root the directory is lent to one that owns nothing, and given back.
 */
import { join } from 'node:path';
import { run, type Account } from '../host/run.ts';
import { initdbAccount, namingCommand } from './initdb.ts';

export interface SingleUser {
  /** Holds `postgres`. */
  bin: string;
  data: string;
  /** Whose the directory is, and is again afterwards. */
  account: Account;
  settings: Record<string, string>;
  database: string;
  /** Without semicolons at their ends. They go over standard input: an argument would show in the process list. */
  statements: string[];
  /** @default 600_000 */
  timeoutMs?: number;
}

/** Cut short, it can be done again. @throws Error when a statement fails */
export async function runSingleUser({ bin, data, account, ...rest }: SingleUser): Promise<void> {
  const { settings, database, statements, timeoutMs = 600_000 } = rest;
  const named = account && (await initdbAccount());
  const [first = '', ...more] = [...(await namingCommand()), join(bin, 'postgres')];
  const all = { search_path: 'pg_catalog', exit_on_error: 'on', ...settings };
  const fixed = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const input = statements.map(statement => `${statement};\n\n`).join('');
  if (named) await giveTo(data, named);
  try {
    await run(first, [...more, '--single', '-j', '-D', data, ...fixed, database], { account: named, input, timeoutMs });
  } finally {
    if (account) await giveTo(data, account);
  }
}

async function giveTo(folder: string, { uid, gid }: NonNullable<Account>): Promise<void> {
  await run('chown', ['-R', '-h', `${uid}:${gid}`, folder], { timeoutMs: 600_000 });
}
