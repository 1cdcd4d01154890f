/**
 * The S3 servers that this plane may make buckets on, beside its own. Their file is read again when it changes, so that a key that was
 * turned is in use at once; nobody but the plane's account may read it or the files that it names.
 */
import { readFileSync, statSync, watch } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { EndpointAccess } from '@larder/archive';
import type { Home } from '../../home/home.ts';
import { VersitygwKeys, type BucketKeys } from './keys.ts';
import { noStores, parseCredentials, parseStores, type StoreEntry, type StoresConfig } from './config.ts';

export interface ExternalStore extends Pick<StoreEntry, 'name' | 'bucketPrefix' | 'keys'> {
  /** With the key that makes buckets. */
  access: EndpointAccess;
}

export type FoundStore =
  | { kind: 'store'; store: ExternalStore }
  | { kind: 'unknown'; message: string }
  | { kind: 'unusable'; message: string };

export interface ObjectStores {
  /** The name of the store for those who name none. */
  default(): string;
  /** Never the plane's own. */
  find(name: string): FoundStore;
  /** Without the plane's own. */
  names(): string[];
  /** The keys of the store's buckets; `undefined` where there is one for all of them. */
  keysOf(store: ExternalStore): BucketKeys | undefined;
  /** What is wrong with the file as a whole. */
  problem(): string | undefined;
}

/** Where a home's list of stores lies. */
export function storesFile({ folder }: Pick<Home, 'folder'>): string {
  return join(folder, 'object-stores.yaml');
}

/** Looks at the disk whenever it is asked. */
export function openStores(home: Pick<Home, 'folder'>): ObjectStores {
  const path = storesFile(home);
  let seen = { stamp: '', config: noStores };
  const current = (): StoresConfig => {
    const stamp = stampOf(path);
    if (stamp !== seen.stamp) seen = { stamp, config: readConfig(path) };
    return seen.config;
  };
  const keys = new Map<string, VersitygwKeys>();
  const accessTo = (name: string): EndpointAccess => {
    const found = find(name);
    if (found.kind === 'store') return found.store.access;
    throw new Error(found.message);
  };
  const keysOf = ({ name, keys: how }: ExternalStore): BucketKeys | undefined => {
    if (how === 'shared') return undefined;
    const folder = join(home.folder, 'storage', 'stores', name, 'keys');
    const known = keys.get(name) ?? new VersitygwKeys(folder, () => accessTo(name));
    keys.set(name, known);
    return known;
  };
  const find = (name: string): FoundStore => {
    const { stores, problem } = current();
    const entry = stores.get(name);
    if (entry && !('problem' in entry)) return readStore(entry, path);
    if (entry) return unusable(name, path, entry.problem);
    const known = ['local', ...[...stores.keys()].sort()].join(', ');
    const why = problem === undefined ? '' : `; the file ${problem}`;
    return {
      kind: 'unknown',
      message: `this plane knows no store "${name}": there are ${known}${why}; ${path} lists them`,
    };
  };
  return {
    default: () => current().default,
    names: () => [...current().stores.keys()].sort(),
    problem: () => prefixed(`the file ${path}`, current().problem),
    find,
    keysOf,
  };
}

/** Calls when a file of the stores may have changed. Nothing is missed for longer than it says. */
export function watchStores(
  home: Pick<Home, 'folder'>,
  stores: ObjectStores,
  { changed, signal, everyMs = 5_000 }: { changed: () => void; signal: AbortSignal; everyMs?: number },
): void {
  const seenNow = (): string => JSON.stringify(stores.names().map(name => stores.find(name))) + stores.default();
  let seen = seenNow();
  const look = (): void => {
    const now = seenNow();
    if (now === seen) return;
    seen = now;
    changed();
  };
  const timer = setInterval(look, everyMs).unref();
  const watcher = watch(home.folder, { persistent: false }, (_event, file) => {
    if (file === 'object-stores.yaml') look();
  });
  watcher.on('error', () => undefined);
  const stop = (): void => {
    clearInterval(timer);
    watcher.close();
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
}

function readConfig(path: string): StoresConfig {
  try {
    return parseStores(readPrivate(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return noStores;
    return { ...noStores, problem: (error as Error).message };
  }
}

/** Those that it names are read each time: they are turned without the list being touched. */
function readStore(entry: StoreEntry, path: string): FoundStore {
  const { name, endpoint, region, addressing, bucketPrefix, keys, caFile, key } = entry;
  try {
    const { accessKeyId, secretAccessKey } = 'file' in key ? readKey(key) : key;
    const ca = caFile === undefined ? undefined : readCa(caFile);
    const access = { endpoint, region, addressing, accessKeyId, secretAccessKey, ...(ca === undefined ? {} : { ca }) };
    return { kind: 'store', store: { name, bucketPrefix, keys, access } };
  } catch (error) {
    return unusable(name, path, (error as Error).message);
  }
}

function unusable(name: string, path: string, problem: string): FoundStore {
  return { kind: 'unusable', message: `the store "${name}" can not be used: ${problem}; look at ${path}` };
}

function readKey({ file, profile }: { file: string; profile: string }): {
  accessKeyId: string;
  secretAccessKey: string;
} {
  try {
    return parseCredentials(readPrivate(absolute(file)), profile);
  } catch (error) {
    throw new Error(`its credentialsFile "${file}": ${wordsOf(error)}`, { cause: error });
  }
}

function readCa(file: string): string {
  try {
    const text = readFileSync(absolute(file), 'utf8');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
    throw new Error('it has no certificate in PEM');
  } catch (error) {
    throw new Error(`its caFile "${file}": ${wordsOf(error)}`, { cause: error });
  }
}

function absolute(file: string): string {
  if (isAbsolute(file)) return file;
  throw new Error('its path must be absolute');
}

/** @throws Error when others could read it */
function readPrivate(path: string): string {
  const { mode, uid } = statSync(path);
  const self = process.getuid?.() ?? uid;
  if (uid !== self && uid !== 0) throw new Error(`belongs to user id ${uid}: it must be the plane's own`);
  if ((mode & 0o077) !== 0) throw new Error(`can be read by others, and holds keys: run chmod 600 ${path}`);
  return readFileSync(path, 'utf8');
}

function stampOf(path: string): string {
  try {
    const { mtimeMs, size, ino, mode } = statSync(path);
    return [mtimeMs, size, ino, mode].join();
  } catch {
    return 'none';
  }
}

function wordsOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' ? 'it is not there' : message;
}

function prefixed(prefix: string, text: string | undefined): string | undefined {
  return text === undefined ? undefined : `${prefix} ${text}`;
}
