/** An instance's folder with a log of made-up segments, as a server would leave them. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseWalName, segmentStart } from '@larder/archive';

export const SYSTEM = '7711152550942304173';
export const SEGMENT_BYTES = 2 ** 20;
/** Nobody in particular, when this is root. */
export const ACCOUNT =
  process.geteuid?.() === 0 ? { uid: 65_533, gid: 65_533 } : { uid: process.getuid!(), gid: process.getgid!() };

export interface Instance {
  folder: string;
  wal: string;
  status: string;
  /** Writes a segment and asks for it to be archived. */
  finish(name: string, content?: Buffer): Promise<Buffer>;
  /** The server has taken note of what its `archive_command` said. */
  done(name: string): Promise<void>;
  marked(): Promise<string[]>;
  remove(): Promise<void>;
}

export async function makeInstance(): Promise<Instance> {
  const folder = await mkdtemp(join(tmpdir(), 'larder-wal-'));
  await chmod(folder, 0o755);
  const wal = join(folder, 'data', 'pg_wal');
  const status = join(wal, 'archive_status');
  await mkdir(status, { recursive: true });
  for (const path of [join(folder, 'data'), wal, status]) await chown(path, ACCOUNT.uid, ACCOUNT.gid);
  return {
    folder,
    wal,
    status,
    async finish(name, content = segment(name)) {
      await writeOwned(join(wal, name), content);
      await writeOwned(join(status, `${name}.ready`), '');
      return content;
    },
    done: name => rename(join(status, `${name}.ready`), join(status, `${name}.done`)),
    marked: async () =>
      (await readdir(join(folder, 'archived')).catch(() => [] as string[])).filter(name => parseWalName(name)).sort(),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

export async function writeOwned(path: string, content: Buffer | string): Promise<void> {
  await writeFile(path, content);
  await chown(path, ACCOUNT.uid, ACCOUNT.gid);
}

/** With the header that its name asks for, and a half of random bytes. */
export function segment(name: string, { system = SYSTEM, bytes = SEGMENT_BYTES, timeline = 0 } = {}): Buffer {
  const parsed = parseWalName(name);
  if (!parsed || parsed.kind === 'history') throw new Error(`${name} is no segment`);
  const page = Buffer.alloc(bytes);
  page.writeUInt16LE(0xd113, 0);
  page.writeUInt16LE(2, 2);
  page.writeUInt32LE(timeline || parsed.timeline, 4);
  page.writeBigUInt64LE(segmentStart(parsed, bytes), 8);
  page.writeBigUInt64LE(BigInt(system), 24);
  page.writeUInt32LE(bytes, 32);
  page.writeUInt32LE(8192, 36);
  randomBytes(bytes / 2).copy(page, bytes / 2);
  return page;
}

/** `000000010000000000000001` and on. */
export function segmentName(n: number, timeline = 1): string {
  const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0');
  return hex(timeline) + hex(Math.floor(n / 4096)) + hex(n % 4096);
}

/** Waits for what will be so. @throws Error when it isn't after a minute */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  for (const deadline = Date.now() + 60_000; ;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > deadline) throw new Error(`it was not so within a minute: ${what}`);
    await delay(20);
  }
}

/** Runs a command of PostgreSQL's configuration as the server does, as its account. */
export function runCommand(
  command: string,
  { cwd, f, p = '' }: { cwd: string; f: string; p?: string },
): Promise<number | string> {
  const text = command.replaceAll(/%([fp%])/g, (_, what: string) => ({ f, p, '%': '%' })[what] ?? '');
  return new Promise(resolve => {
    execFile('/bin/sh', ['-c', text], { cwd, ...ACCOUNT }, error =>
      resolve(error ? (error.code ?? String(error.signal)) : 0),
    );
  });
}
