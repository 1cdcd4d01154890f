/** One page of a bucket's keys, with those that share a beginning rolled up. */
import type { BucketFolder } from './bucket.ts';
import { findInfo, type ObjectInfo } from './objects.ts';
import { bytesOfText, textOfBytes } from './names.ts';
import { walkKeys } from './walk.ts';

export interface ListOptions {
  prefix: string;
  /** Empty: nothing is rolled up. */
  delimiter: string;
  /** Keys and common prefixes after this. */
  after: string;
  /** Keys and common prefixes together. */
  limit: number;
}

export interface Page {
  objects: ObjectInfo[];
  commonPrefixes: string[];
  /** The last key or common prefix of this page, when there are more. */
  next?: string;
}

/** How many objects are looked at at once. */
const AT_ONCE = 16;

export async function listPage(bucket: BucketFolder, options: ListOptions): Promise<Page> {
  const { keys, commonPrefixes, next } = await collect(bucket, options);
  const objects: ObjectInfo[] = [];
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    const found = await Promise.all(keys.slice(at, at + AT_ONCE).map(key => findInfo(bucket, key)));
    // One that was deleted meanwhile isn't there any more.
    objects.push(...found.filter(info => info !== undefined));
  }
  return { objects, commonPrefixes, ...(next === undefined ? {} : { next }) };
}

async function collect(
  bucket: BucketFolder,
  options: ListOptions,
): Promise<{ keys: string[]; commonPrefixes: string[]; next?: string }> {
  const [prefix, delimiter, after] = [options.prefix, options.delimiter, options.after].map(bytesOfText) as [
    string,
    string,
    string,
  ];
  const keys: string[] = [];
  const commonPrefixes: string[] = [];
  let last = '';
  const walk = walkKeys(bucket.objects, { prefix, after });
  // A page that ended with a common prefix goes on after all that it stands for.
  if (delimiter !== '' && commonPrefixOf(after, prefix, delimiter) === after) walk.skip(after);
  for await (const key of walk) {
    const rolled = delimiter === '' ? undefined : commonPrefixOf(key, prefix, delimiter);
    if (keys.length + commonPrefixes.length >= options.limit)
      return { keys, commonPrefixes, ...(options.limit === 0 ? {} : { next: text(last) }) };
    if (rolled === undefined) keys.push(text(key));
    else {
      commonPrefixes.push(text(rolled));
      walk.skip(rolled);
    }
    last = rolled ?? key;
  }
  return { keys, commonPrefixes };
}

/** What the key is rolled up to, if it is. */
export function commonPrefixOf(key: string, prefix: string, delimiter: string): string | undefined {
  if (!key.startsWith(prefix)) return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

function text(bytes: string): string {
  return textOfBytes(bytes) ?? '';
}
