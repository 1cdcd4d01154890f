/** A new data directory, with everything in it that can't be changed later as it should be from the first start. */
import { chown, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quoteIdentifier, quoteLiteral, scramVerifier } from '@larder/driver';
import { run, type Account } from '../host/run.ts';
import type { Binaries } from '../versions/binaries.ts';

/** The role that made the cluster: the plane's own, no tenant's. */
export const PLANE_ROLE = 'larder';

export interface InitialContent {
  /** Of the plane's role. */
  password: string;
  /** A database and the login that owns it; the login has no password yet. */
  database: string;
  owner: string;
}

/** Initialises `folder/data`; `folder` must be empty and ours. Not synced, and owned by whoever `initdb` had to run as. */
export async function initialise(binaries: Binaries, folder: string, content: InitialContent): Promise<string> {
  const account = await initdbAccount();
  if (account) await chown(folder, account.uid, account.gid);
  const data = join(folder, 'data');
  await mkdir(data, { mode: 0o700 });
  if (account) await chown(data, account.uid, account.gid);
  const choices = ['--data-checksums', '--encoding=UTF8', '--locale=C', '--auth=reject'];
  const pace = ['--no-sync', '--no-instructions'];
  const at = { account, cwd: folder, timeoutMs: 120_000 };
  await run(join(binaries.bin, 'initdb'), ['-D', data, '-U', PLANE_ROLE, ...choices, ...pace], at);
  // Passwords come over standard input, as verifiers: an argument would show in the process list.
  await run(join(binaries.bin, 'postgres'), ['--single', '-j', '-D', data, ...FAST, 'postgres'], {
    ...at,
    input: await statements(content),
  });
  return data;
}

/** One-time work on a folder that is thrown away if anything fails. */
const FAST = ['-c', 'fsync=off', '-c', 'timezone=UTC', '-c', 'log_timezone=UTC', '-c', 'exit_on_error=on'];

async function statements({ password, database, owner }: InitialContent): Promise<string> {
  return [
    `ALTER ROLE ${quoteIdentifier(PLANE_ROLE)} PASSWORD ${quoteLiteral(await scramVerifier(password))}`,
    `CREATE ROLE ${quoteIdentifier(owner)} LOGIN`,
    `CREATE DATABASE ${quoteIdentifier(database)} OWNER ${quoteIdentifier(owner)}`,
  ]
    .map(statement => `${statement};\n\n`)
    .join('');
}

/**
 * `initdb` refuses to run as root and wants an account with a name, `postgres` doesn't: as root it runs as an account that
 * owns nothing, and the result is handed over afterwards.
 */
async function initdbAccount(): Promise<Account> {
  if (process.geteuid?.() !== 0) return undefined;
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map(line => line.split(':'));
  for (const wanted of ['nobody', 'daemon']) {
    const found = accounts.find(([name]) => name === wanted);
    if (found) return { uid: Number(found[2]), gid: Number(found[3]) };
  }
  throw new Error(
    'cannot initialise PostgreSQL as root: /etc/passwd has neither "nobody" nor "daemon" to run initdb as',
  );
}
