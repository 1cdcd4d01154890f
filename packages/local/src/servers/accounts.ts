/**
 * Numbers for accounts that no login has: one for each server, so that none can touch another's files. All planes of a
 * machine share one folder of claims. A claim names the folder it is for, and is void once that folder and every process of
 * the account are gone: a number is never given out while files of it exist.
 */
import { link, lstat, mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { processesOf, syncFolder, writeDurably, type Account } from '@larder/postgres';

export const ACCOUNTS_FOLDER = '/var/lib/larder-uids';

/** Between what login.defs gives to people and what it gives as subordinate ranges; then what systemd leaves free; then the rest. */
const RANGES: [first: number, last: number][] = [
  [70_000, 89_999],
  [60_706, 61_183],
  [50_000, 59_999],
];

export interface ClaimOptions {
  /** An existing folder; what the account is for. */
  holder: string;
  /** @default `ACCOUNTS_FOLDER` */
  folder?: string;
}

/** An account for `holder`: the same one when asked again. Undefined when we aren't root and can give none. */
export async function claimAccount({ holder, folder = ACCOUNTS_FOLDER }: ClaimOptions): Promise<Account> {
  if (process.geteuid?.() !== 0) return undefined;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const claims = await readClaims(folder);
  const known = [...claims].find(([, claimed]) => claimed === holder)?.[0];
  if (known !== undefined) return { uid: known, gid: known };
  const foreign = foreignRanges(await systemAccounts());
  for (const [first, last] of RANGES) {
    for (let uid = first; uid <= last; uid++) {
      if (foreign.some(([from, to]) => uid >= from && uid <= to)) continue;
      if (await take(folder, { uid, holder, previous: claims.get(uid) })) return { uid, gid: uid };
    }
  }
  throw new Error(`cannot give ${holder} an account of its own: all numbers are taken; remove claims from ${folder}`);
}

/** Makes it the account of another folder. Both must exist until this returns: so there is no moment at which the number is free. */
export async function passAccount(uid: number, holder: string, folder: string = ACCOUNTS_FOLDER): Promise<void> {
  await writeDurably(join(folder, String(uid)), holder);
}

/** Call it when the account's files are gone. */
export async function releaseAccount(uid: number, folder: string = ACCOUNTS_FOLDER): Promise<void> {
  await rm(join(folder, String(uid)), { force: true });
}

/** True when the number is ours now, on disk. */
async function take(folder: string, claim: { uid: number; holder: string; previous?: string }): Promise<boolean> {
  const path = join(folder, String(claim.uid));
  if (claim.previous !== undefined) {
    if (await exists(claim.previous)) return false;
    await rm(path, { force: true });
  }
  if (processesOf(claim.uid).length > 0) return false;
  const draft = join(folder, `.${randomBytes(6).toString('hex')}`);
  await writeDurably(draft, claim.holder);
  try {
    // A link fails where another plane was quicker, and never shows half a claim.
    await link(draft, path);
    await syncFolder(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function readClaims(folder: string): Promise<Map<number, string>> {
  const names = (await readdir(folder)).filter(name => /^\d+$/.test(name));
  const entries = names.map(async name => [Number(name), await readFile(join(folder, name), 'utf8')] as const);
  return new Map(await Promise.all(entries));
}

export interface SystemAccounts {
  passwd: string;
  subuid: string;
  /** Which numbers exist here at all: fewer inside a container. */
  uidMap: string;
}

async function systemAccounts(): Promise<SystemAccounts> {
  const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
  const [passwd, subuid, uidMap] = await Promise.all(['/etc/passwd', '/etc/subuid', '/proc/self/uid_map'].map(read));
  return { passwd: passwd ?? '', subuid: subuid ?? '', uidMap: uidMap ?? '' };
}

/** Numbers that belong to somebody else, or don't exist here. */
export function foreignRanges({ passwd, subuid, uidMap }: SystemAccounts): [from: number, to: number][] {
  const people = lines(passwd, ':').map(fields => Number(fields[2]));
  const subordinate = lines(subuid, ':').map(fields => [Number(fields[1]), Number(fields[2])] as const);
  const mapped = lines(uidMap.trim(), /\s+/).map(fields => [Number(fields[0]), Number(fields[2])] as const);
  const outside: [number, number][] = [];
  let next = 0;
  for (const [from, count] of [...mapped].sort((a, b) => a[0] - b[0])) {
    if (from > next) outside.push([next, from - 1]);
    next = from + count;
  }
  return [
    ...people.map((uid): [number, number] => [uid, uid]),
    ...subordinate.map(([from, count]): [number, number] => [from, from + count - 1]),
    ...outside,
    ...(mapped.length > 0 ? [[next, 2 ** 32] as [number, number]] : []),
  ];
}

function lines(text: string, separator: string | RegExp): string[][] {
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => line.split(separator));
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
}
