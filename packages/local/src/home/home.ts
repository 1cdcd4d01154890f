/**
 * The home folder: where a plane keeps all it has. Opening it checks what would otherwise fail late and unclearly: who owns it, who
 * else may write it, whether it can be written, and whether its path is short enough for PostgreSQL.
 */
import { accessSync, chmodSync, constants, existsSync, mkdirSync, realpathSync, statSync, type Stats } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';

/** Folders and files of a plane; all of them lie in `folder`. */
export interface Home {
  folder: string;
  store: string;
  pki: string;
  kubeconfig: string;
  /** Which process is the plane, and where it listens. */
  planeRecord: string;
  /** Locked by the running plane. */
  lock: string;
  logs: string;
  planeLog: string;
  instances: string;
  versions: string;
  templates: string;
  jobs: string;
}

/** Something about the home folder that its owner has to change. */
export class HomeError extends Error {
  override name = 'HomeError';
}

/** PostgreSQL keeps paths in 1024 bytes, and the longest name that is put below an instance takes 200 of them. */
const LONGEST_HOME = 700;

/** `$LARDER_HOME`, or `/var/lib/larder` as root, or `~/.larder`. */
export function homeFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const named = environment.LARDER_HOME;
  if (named !== undefined && named !== '') return resolve(named);
  return process.getuid?.() === 0 ? '/var/lib/larder' : join(ownFolder(), '.larder');
}

function ownFolder(): string {
  try {
    return homedir();
  } catch (cause) {
    throw new HomeError('cannot find your home folder: HOME is not set, and your account has none; set LARDER_HOME', {
      cause,
    });
  }
}

/** The paths of a home, without looking at the disk. */
export function homeAt(folder: string): Home {
  return {
    folder,
    store: join(folder, 'store'),
    pki: join(folder, 'pki'),
    kubeconfig: join(folder, 'kubeconfig'),
    planeRecord: join(folder, 'plane.json'),
    lock: join(folder, 'lock'),
    logs: join(folder, 'logs'),
    planeLog: join(folder, 'logs', 'plane.log'),
    instances: join(folder, 'instances'),
    versions: join(folder, 'versions'),
    templates: join(folder, 'templates'),
    jobs: join(folder, 'jobs'),
  };
}

/** The home, made where it lacks and checked. May run twice. @throws HomeError */
export function openHome(folder: string = homeFolder()): Home {
  checkPath(folder);
  makeFolder(folder);
  const home = homeAt(realpathSync(folder));
  checkPath(home.folder);
  checkOwner(home.folder);
  checkAncestors(home.folder);
  checkWritable(home.folder);
  // Servers run as other users where the plane is root: they pass through the home, but can't list it.
  chmodSync(home.folder, process.getuid?.() === 0 ? 0o711 : 0o700);
  for (const secret of [home.store, home.pki, home.logs]) mkdirSync(secret, { recursive: true, mode: 0o700 });
  return home;
}

/** The home if it is there, unchecked: for commands that only look. */
export function findHome(folder: string = homeFolder()): Home | undefined {
  try {
    return statSync(folder).isDirectory() ? homeAt(realpathSync(folder)) : undefined;
  } catch {
    return undefined;
  }
}

function checkPath(folder: string): void {
  if (!isAbsolute(folder))
    throw new HomeError(`cannot use home ${JSON.stringify(folder)}: it must be an absolute path`);
  const bytes = Buffer.byteLength(folder);
  if (bytes > LONGEST_HOME)
    throw new HomeError(
      `cannot use a home whose path has ${bytes} bytes: PostgreSQL's paths are limited, ` +
        `set LARDER_HOME to a folder of at most ${LONGEST_HOME} bytes`,
    );
  // eslint-disable-next-line no-control-regex -- control characters are what is refused
  if (/[\u0000-\u001f\u007f'"\\]/.test(folder))
    throw new HomeError(
      `cannot use home ${JSON.stringify(folder)}: quotes, backslashes and control characters can't be written into ` +
        'PostgreSQL configuration; set LARDER_HOME to a folder without them',
    );
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  } catch (error) {
    const cause = isMissing(error) ? whyNot(nearestFolder(folder)) : error;
    throw new HomeError(`cannot make home "${folder}": ${because(cause)}; ${REMEDY}`, { cause: error });
  }
}

/** For a folder that lies in one that can't be written, node says that there is none. */
function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function whyNot(folder: string): unknown {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return new Error('it can be written');
  } catch (error) {
    return error;
  }
}

function nearestFolder(folder: string): string {
  return existsSync(folder) ? folder : nearestFolder(dirname(folder));
}

function checkOwner(folder: string): void {
  const stat = statSync(folder);
  const uid = process.getuid?.() ?? stat.uid;
  if (stat.uid !== uid)
    throw new HomeError(
      `cannot use home "${folder}": it belongs to user id ${stat.uid}, and you are ${uid}; ` +
        'run Larder as its owner, or set LARDER_HOME to a folder of your own',
    );
  if (othersMayWrite(stat, 0o022))
    throw new HomeError(
      `cannot use home "${folder}": others may write it (mode ${(stat.mode & 0o777).toString(8)}); run: chmod go-w ${folder}`,
    );
}

/** Whoever may rename a folder above the home may replace the home. */
function checkAncestors(folder: string): void {
  for (let above = dirname(folder); above !== dirname(above); above = dirname(above)) {
    const stat = statSync(above);
    if (othersMayWrite(stat, 0o002))
      throw new HomeError(
        `cannot use home "${folder}": everybody may write "${above}", and so replace it; run: chmod o-w ${above}`,
      );
    // As root each server gets a user of its own, who has to reach its folder.
    if (process.getuid?.() === 0 && (stat.mode & 0o001) === 0)
      throw new HomeError(
        `cannot use home "${folder}" as root: the users that servers run as can't pass "${above}"; ` +
          `run: chmod o+x ${above}, or set LARDER_HOME to another folder`,
      );
  }
}

function othersMayWrite(stat: Stats, bits: number): boolean {
  const sticky = (stat.mode & 0o1000) !== 0;
  return !sticky && (stat.mode & bits) !== 0;
}

/** @throws HomeError */
export function checkWritable(folder: string): void {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new HomeError(`cannot write to home "${folder}": ${because(error)}; ${REMEDY}`, { cause: error });
  }
}

const REMEDY = 'set LARDER_HOME to a folder that you can write';

function because(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  const words: Record<string, string> = {
    EROFS: 'the file system is read-only',
    EACCES: 'permission denied',
    ENOSPC: 'the disk is full',
    ENOTDIR: 'a part of its path is a file',
    EEXIST: 'it is a file',
    ENAMETOOLONG: 'a part of its path is longer than 255 bytes',
  };
  return words[code] ?? code;
}
