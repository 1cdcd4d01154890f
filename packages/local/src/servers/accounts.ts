/**
 * Numbers for accounts that no login has: one for each server, so that none can touch another's files. All planes of a
 * machine share one folder of claims. A claim names the folder it is for, and is void once that folder and every process of
 * the account are gone: a number is never given out while files of it exist.
 */
import { lstat, mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join, sep } from 'node:path';
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

/** An account for `holder`, which asks once at a time: the same one when asked again. Undefined when we aren't root and can give none. */
export async function claimAccount({ holder, folder = ACCOUNTS_FOLDER }: ClaimOptions): Promise<Account> {
  if (process.geteuid?.() !== 0) return undefined;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const claims = await readClaims(folder);
  const own = claims.filter(claim => claim.holder === holder);
  for (const { path } of own.filter(({ asked }) => asked)) await rm(path, { force: true });
  const known = own.find(({ asked }) => !asked)?.uid;
  if (known !== undefined) return { uid: known, gid: known };
  const foreign = foreignRanges(await systemAccounts());
  for (const [first, last] of RANGES) {
    for (let uid = first; uid <= last; uid++) {
      if (foreign.some(([from, to]) => uid >= from && uid <= to)) continue;
      const seen = claims.filter(claim => claim.uid === uid);
      if (await take(folder, { uid, holder, seen })) return { uid, gid: uid };
    }
  }
  throw new Error(`cannot give ${holder} an account of its own: all numbers are taken; remove claims from ${folder}`);
}

/** Makes `from`'s account that of `to`. Both must exist until this returns: so there is no moment at which the number is free. */
export async function passAccount(
  { uid, from, to }: { uid: number; from: string; to: string },
  folder: string = ACCOUNTS_FOLDER,
): Promise<void> {
  await writeDurably(newClaim(folder, uid), to);
  await releaseAccount({ uid, holder: from }, folder);
}

/** Call it when the holder's files are gone. Somebody else may have the number by then, and keeps it. */
export async function releaseAccount(
  { uid, holder }: { uid: number; holder: string },
  folder: string = ACCOUNTS_FOLDER,
): Promise<void> {
  for (const claim of await readClaims(folder))
    if (claim.uid === uid && claim.holder === holder) await rm(claim.path, { force: true });
}

/** Releases all that are for folders below this one, which are gone. */
export async function releaseAccountsBelow(home: string, folder: string = ACCOUNTS_FOLDER): Promise<void> {
  for (const { holder, path } of await readClaims(folder))
    if (holder.startsWith(home + sep)) await rm(path, { force: true });
}

/** A file named after the number and something that no other has, so that removing one never removes another's. */
interface Claim {
  uid: number;
  holder: string;
  path: string;
  /** Not sure yet that nobody else asks for the number. */
  asked: boolean;
}

const ASKED = '.asked';

function newClaim(folder: string, uid: number): string {
  return join(folder, `${uid}.${randomBytes(6).toString('hex')}`);
}

/**
 * True when the number is ours now, on disk. Whoever asks first writes that down and then looks: of two at once one sees the other, and
 * when both do, both go on to another number.
 * @param seen void claims of the number, or what prevents it
 */
async function take(
  folder: string,
  { uid, holder, seen }: Pick<Claim, 'uid' | 'holder'> & { seen: Claim[] },
): Promise<boolean> {
  for (const claim of seen) if (await exists(claim.holder)) return false;
  if (processesOf(uid).length > 0) return false;
  const path = newClaim(folder, uid);
  const asked = `${path}${ASKED}`;
  await writeDurably(asked, holder);
  const known = new Set([asked, ...seen.map(claim => claim.path)]);
  // By their names alone: one that is read may have got its last name meanwhile.
  const isContested = (await readdir(folder)).some(name => numberOf(name) === uid && !known.has(join(folder, name)));
  if (isContested) {
    await rm(asked, { force: true });
    return false;
  }
  await rename(asked, path);
  await syncFolder(folder);
  for (const claim of seen) await rm(claim.path, { force: true });
  return true;
}

async function readClaims(folder: string): Promise<Claim[]> {
  const names = await readdir(folder).catch(ignoreMissing);
  const claims = await Promise.all((names ?? []).map(name => readClaim(folder, name)));
  return claims.filter(claim => claim !== undefined);
}

/** Undefined for what is none, or was removed meanwhile. */
async function readClaim(folder: string, name: string): Promise<Claim | undefined> {
  const uid = numberOf(name);
  if (uid === undefined) return undefined;
  const path = join(folder, name);
  const holder = await readFile(path, 'utf8').catch(ignoreMissing);
  return holder === undefined ? undefined : { uid, holder, path, asked: name.endsWith(ASKED) };
}

function numberOf(name: string): number | undefined {
  const digits = /^(\d+)(?:\.[0-9a-f]{12}(?:\.asked)?)?$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
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
