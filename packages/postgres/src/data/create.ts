/** A data directory for one server: a copy of the template with an identity of its own, or a fresh one, never half of either. */
import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run, type Account } from '../host/run.ts';
import { syncFolder, syncTree } from '../host/sync.ts';
import type { Binaries } from '../versions/binaries.ts';
import { identifyWalPage, NONCE_BYTES, parseControlFile, withIdentity } from './control-file.ts';
import { initialise } from './initdb.ts';
import { ensureTemplate } from './template.ts';

export interface CreateOptions {
  /** The directory to make; its parent must be writable by nobody else. */
  data: string;
  binaries: Binaries;
  /** `$LARDER_HOME/templates` */
  templates: string;
  account: Account;
  database: string;
  owner: string;
}

export interface NewDataDirectory {
  systemIdentifier: string;
  /** The password of the plane's role until the first login sets another. */
  password: string;
}

/** @throws Error when the directory exists: what may hold data is never written over */
export async function createDataDirectory(options: CreateOptions): Promise<NewDataDirectory> {
  const { data, account } = options;
  if (await exists(data)) throw new Error(`cannot initialise ${data}: it exists already, and may hold data`);
  const staging = `${data}.new`;
  // Left by an attempt that was cut short: no server ever ran in it.
  await rm(staging, { recursive: true, force: true });
  await mkdir(dirname(staging), { recursive: true, mode: 0o711 });
  const made = (await copyTemplate(options, staging)) ?? (await initialiseOwn(options, staging));
  if (account) await run('chown', ['-R', '-h', `${account.uid}:${account.gid}`, staging]);
  await syncTree(staging);
  await rename(staging, data);
  await syncFolder(dirname(data));
  return made;
}

async function copyTemplate(options: CreateOptions, staging: string): Promise<NewDataDirectory | undefined> {
  const template = await ensureTemplate({ ...options, folder: options.templates });
  const control = await readFile(join(template.data, 'global', 'pg_control'));
  const old = parseControlFile(control);
  const identifier = newSystemIdentifier();
  const changed = withIdentity(control, identifier, randomBytes(NONCE_BYTES));
  if (changed === undefined || typeof old === 'string') return undefined;
  await run('cp', ['-R', ...(process.platform === 'linux' ? ['--reflink=auto'] : ['-c']), template.data, staging]);
  await writeFile(join(staging, 'global', 'pg_control'), changed);
  if (!(await identifyWal(join(staging, 'pg_wal'), BigInt(old.systemIdentifier), identifier))) {
    await rm(staging, { recursive: true, force: true });
    return undefined;
  }
  return { systemIdentifier: identifier.toString(), password: template.password };
}

/** The way for layouts that aren't known: half a second slower, and always right. */
async function initialiseOwn(options: CreateOptions, staging: string): Promise<NewDataDirectory> {
  const folder = `${staging}.initdb`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o700 });
  const password = randomBytes(24).toString('base64url');
  const data = await initialise(options.binaries, folder, { ...options, password });
  await rename(data, staging);
  await rm(folder, { recursive: true, force: true });
  const control = await readFile(join(staging, 'global', 'pg_control'));
  return { systemIdentifier: control.readBigUInt64LE(0).toString(), password };
}

/** False when a segment isn't laid out as expected. */
async function identifyWal(folder: string, from: bigint, to: bigint): Promise<boolean> {
  const segments = (await readdir(folder)).filter(name => /^[0-9A-F]{24}$/.test(name));
  for (const segment of segments) {
    const handle = await open(join(folder, segment), 'r+');
    try {
      const page = Buffer.alloc(40);
      await handle.read(page, 0, page.length, 0);
      if (!identifyWalPage(page, from, to)) return false;
      await handle.write(page, 0, page.length, 0);
    } finally {
      await handle.close();
    }
  }
  return segments.length > 0;
}

/** As PostgreSQL's own: the time in the upper half; the lower half is random instead of microseconds and a process id. */
function newSystemIdentifier(): bigint {
  return (BigInt(Math.floor(Date.now() / 1000)) << 32n) | BigInt(randomBytes(4).readUInt32LE(0));
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}
