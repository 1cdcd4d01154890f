/**
 * `object-stores.yaml` in the home: S3 servers that somebody else runs, and that this plane may make buckets on. What is wrong with one
 * store is told of that store, and the others go on.
 */
import { OWN_STORE } from '@larder/catalog';
import { parse as parseYaml } from 'yaml';

export interface StoreEntry {
  name: string;
  /** `https://host:port` */
  endpoint: string;
  region: string;
  addressing: 'path' | 'virtual';
  /** Put before the names of its buckets. */
  bucketPrefix: string;
  /** How buckets get keys of their own. `shared`: they don't. */
  keys: 'shared' | 'versitygw';
  /** A file with the CA's certificate; absent: the machine's own CAs. */
  caFile?: string;
  key: { accessKeyId: string; secretAccessKey: string } | { file: string; profile: string };
}

export interface StoresConfig {
  /** Where buckets and backups lie whose claim names no store. */
  default: string;
  stores: Map<string, StoreEntry | { name: string; problem: string }>;
  /** What is wrong with the whole. */
  problem?: string;
}

export const noStores: StoresConfig = { default: OWN_STORE, stores: new Map() };

/** Never throws. Values of keys are in no message. Pure. */
export function parseStores(text: string): StoresConfig {
  let root: unknown;
  try {
    root = parseYaml(text) ?? {};
  } catch (error) {
    // The parser's own words quote the lines, which hold keys.
    const { linePos } = error as { linePos?: [{ line: number }] };
    return { ...noStores, problem: `is no YAML${linePos ? `: look at line ${linePos[0].line}` : ''}` };
  }
  if (!isRecord(root) || !isRecord(root.stores ?? {})) return { ...noStores, problem: 'has no list "stores" of names' };
  const stores = new Map<string, StoreEntry | { name: string; problem: string }>();
  for (const [name, entry] of Object.entries(root.stores ?? {})) stores.set(name, parseStore(name, entry));
  const wanted = root.default ?? OWN_STORE;
  if (typeof wanted === 'string' && (wanted === OWN_STORE || stores.has(wanted))) return { default: wanted, stores };
  return {
    default: OWN_STORE,
    stores,
    problem: `names ${JSON.stringify(wanted)} as default, which is none of its stores`,
  };
}

function parseStore(name: string, entry: unknown): StoreEntry | { name: string; problem: string } {
  try {
    if (name === OWN_STORE || !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
      throw new Error(`its name must be of a-z, 0-9 and hyphens, and not "${OWN_STORE}"`);
    if (!isRecord(entry)) throw new Error('it is no list of fields');
    const unknown = Object.keys(entry).find(field => !FIELDS.includes(field));
    if (unknown !== undefined) throw new Error(`"${unknown}" is no field: there are ${FIELDS.join(', ')}`);
    const prefix = textAt(entry, 'bucketPrefix') ?? '';
    if (!/^([a-z0-9][-a-z0-9]{0,17})?$/.test(prefix))
      throw new Error('"bucketPrefix" must be at most 18 of a-z, 0-9 and hyphens');
    const caFile = textAt(entry, 'caFile');
    return {
      name,
      endpoint: endpointOf(entry),
      region: textAt(entry, 'region') ?? 'us-east-1',
      addressing: oneOf(entry, 'addressing', ['path', 'virtual']),
      bucketPrefix: prefix,
      keys: oneOf(entry, 'keys', ['shared', 'versitygw']),
      ...(caFile === undefined ? {} : { caFile }),
      key: keyOf(entry),
    };
  } catch (error) {
    return { name, problem: (error as Error).message };
  }
}

const FIELDS = [
  ...['endpoint', 'region', 'addressing', 'bucketPrefix', 'keys', 'caFile'],
  ...['accessKeyId', 'secretAccessKey', 'credentialsFile', 'profile'],
];

/** What is not encrypted may be read by whoever is on the way: only this machine itself is safe. */
function endpointOf(entry: Record<string, unknown>): string {
  const text = textAt(entry, 'endpoint');
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
  const bare = url && url.username === '' && url.search === '' && ['', '/'].includes(url.pathname);
  if (!bare || !['http:', 'https:'].includes(url.protocol))
    throw new Error('"endpoint" must be a URL without a path, such as https://s3.example.org');
  if (url.protocol === 'http:' && !/^(127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/.test(url.hostname))
    throw new Error('"endpoint" must begin with https://: keys and data would go over the network for all to read');
  return url.origin;
}

function keyOf(entry: Record<string, unknown>): StoreEntry['key'] {
  const [accessKeyId, secretAccessKey] = [textAt(entry, 'accessKeyId'), textAt(entry, 'secretAccessKey')];
  const file = textAt(entry, 'credentialsFile');
  if (file !== undefined && accessKeyId === undefined && secretAccessKey === undefined)
    return { file, profile: textAt(entry, 'profile') ?? 'default' };
  if (file === undefined && accessKeyId !== undefined && secretAccessKey !== undefined)
    return { accessKeyId, secretAccessKey };
  throw new Error('it needs either "accessKeyId" and "secretAccessKey", or "credentialsFile"');
}

/** The key in a file as AWS' tools have it. @throws Error without its content. Pure. */
export function parseCredentials(text: string, profile: string): { accessKeyId: string; secretAccessKey: string } {
  let section = '';
  const found = new Map<string, string>();
  for (const line of text.split('\n').map(each => each.trim())) {
    const title = /^\[(?:profile +)?([^\]]+)\]$/.exec(line)?.[1];
    const [, name, value] = /^(\w+)\s*=\s*(\S+)$/.exec(line) ?? [];
    if (title !== undefined) section = title;
    else if (section === profile && name !== undefined && value !== undefined) found.set(name.toLowerCase(), value);
  }
  const [accessKeyId, secretAccessKey] = [found.get('aws_access_key_id'), found.get('aws_secret_access_key')];
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return { accessKeyId, secretAccessKey };
  throw new Error(`it has no aws_access_key_id and aws_secret_access_key below [${profile}]`);
}

function textAt(entry: Record<string, unknown>, field: string): string | undefined {
  const value = entry[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`"${field}" must be a text; put it in quotes`);
}

/** The first one where nothing is said. */
function oneOf<T extends string>(entry: Record<string, unknown>, field: string, values: readonly [T, ...T[]]): T {
  const text = textAt(entry, field) ?? values[0];
  const found = values.find(value => value === text);
  if (found !== undefined) return found;
  throw new Error(`"${field}" is ${JSON.stringify(text)}: there are ${values.join(' and ')}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
