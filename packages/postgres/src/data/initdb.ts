/** A new data directory, with everything in it that can't be changed later as it should be from the first start. */
import { chown, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quoteIdentifier, quoteLiteral, scramVerifier } from '@larder/driver';
import { run, type Account } from '../host/run.ts';
import type { Binaries } from '../versions/binaries.ts';

/** The role that made the cluster: the plane's own, no tenant's. */
export const PLANE_ROLE = 'larder';

/** Who measures; made by the plane on the running server. */
export const METRICS_ROLE = 'larder_metrics';

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
  const [first = '', ...naming] = [...(await namingCommand()), join(binaries.bin, 'initdb')];
  await run(first, [...naming, '-D', data, '-U', PLANE_ROLE, ...choices, ...pace], at).catch((error: Error) => {
    if (naming.length === 0) throw error;
    throw new Error(`cannot initialise PostgreSQL: ${NAMELESS}: ${error.message}`, { cause: error });
  });
  // Passwords come over standard input, as verifiers: an argument would show in the process list.
  const [single = '', ...rest] = [...(await namingCommand()), join(binaries.bin, 'postgres')];
  await run(single, [...rest, '--single', '-j', '-D', data, ...FAST, 'postgres'], {
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

const NAMELESS =
  'our user id has no name on this machine, which initdb wants, and none could be given to it; add a line for it to /etc/passwd, or run Larder as another user';

/** Gives a user id without a name that of another account, for a command in a namespace of its own; empty where it has one. */
export async function namingCommand(): Promise<string[]> {
  const uid = process.geteuid?.() ?? 0;
  const accounts = await readAccounts();
  if (uid === 0 || accounts.length === 0 || accounts.some(account => account.uid === uid)) return [];
  const lent = accounts.find(({ name }) => name === 'nobody') ?? accounts.at(-1);
  return ['unshare', '--user', `--map-user=${lent?.uid}`, `--map-group=${lent?.gid}`];
}

async function readAccounts(): Promise<{ name: string; uid: number; gid: number }[]> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const lines = text.split('\n').filter(line => line.includes(':'));
  return lines
    .map(line => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
}

/**
 * `initdb` refuses to run as root and wants an account with a name, `postgres` doesn't: as root it runs as an account that
 * owns nothing, and the result is handed over afterwards.
 */
export async function initdbAccount(): Promise<Account> {
  if (process.geteuid?.() !== 0) return undefined;
  const accounts = await readAccounts();
  for (const wanted of ['nobody', 'daemon']) {
    const found = accounts.find(({ name }) => name === wanted);
    if (found) return { uid: found.uid, gid: found.gid };
  }
  throw new Error(
    'cannot initialise PostgreSQL as root: /etc/passwd has neither "nobody" nor "daemon" to run initdb as',
  );
}
