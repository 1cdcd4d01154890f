/**
 * Access keys, one file each: the plane writes them, the server reads the one that a request names. There is no cache, so a key that
 * is removed is void at once, and a server that starts with the plane gone knows them all.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { ensureFolder, syncFolder, writeDurably } from '../folder/durable.ts';

/**
 * `owner`: everything. `archive`: put what isn't there, get and list; it can neither overwrite nor delete. `read`: get and list.
 */
export type Rights = 'owner' | 'archive' | 'read';

export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
  /** The one bucket it sees. */
  bucket: string;
  rights: Rights;
}

/** Where the server looks keys up. */
export interface KeyStore {
  /** Asked once a request. */
  find(accessKeyId: string): Promise<AccessKey | undefined>;
}

export interface KeyFolder extends KeyStore {
  /** Durable when it resolves. May run twice. */
  write(key: AccessKey): Promise<void>;
  /** All keys of a bucket. */
  ofBucket(bucket: string): Promise<AccessKey[]>;
  /** May run twice. */
  remove(accessKeyId: string): Promise<void>;
}

/** Keys in a folder that only its owner can read. */
export function keyFolder(folder: string): KeyFolder {
  const pathOf = (accessKeyId: string): string => join(folder, `${accessKeyId}.json`);
  // Of which bucket a key is never changes, and a plane with many buckets asks for one's all the time.
  const bucketOf = new Map<string, string>();
  return {
    async find(accessKeyId) {
      if (!isAccessKeyId(accessKeyId)) return undefined;
      const text = await readFile(pathOf(accessKeyId), 'utf8').catch(ignoreMissing);
      return text === undefined ? undefined : (JSON.parse(text) as AccessKey);
    },
    async write(key) {
      if (!isAccessKeyId(key.accessKeyId)) throw new Error('cannot keep an access key whose id is not of A-Z, 0-9');
      const known = await this.find(key.accessKeyId);
      if (known && Object.entries(key).every(([name, value]) => known[name as keyof AccessKey] === value)) return;
      await ensureFolder(folder, 0o700);
      bucketOf.delete(key.accessKeyId);
      await writeDurably(pathOf(key.accessKeyId), JSON.stringify(key));
    },
    async ofBucket(bucket) {
      const names = (await readdir(folder).catch(ignoreMissing)) ?? [];
      const ids = names.filter(name => name.endsWith('.json')).map(name => name.slice(0, -'.json'.length));
      const maybe = ids.filter(id => (bucketOf.get(id) ?? bucket) === bucket);
      const found = (await Promise.all(maybe.map(id => this.find(id)))).filter(key => key !== undefined);
      for (const key of found) bucketOf.set(key.accessKeyId, key.bucket);
      return found.filter(key => key.bucket === bucket);
    },
    async remove(accessKeyId) {
      if (!isAccessKeyId(accessKeyId)) return;
      bucketOf.delete(accessKeyId);
      await rm(pathOf(accessKeyId), { force: true });
      await syncFolder(folder).catch(ignoreMissing);
    },
  };
}

/** A new key: an id of 20 and a secret of 40 letters and digits, as AWS' are. */
export function newAccessKey(bucket: string, rights: Rights): AccessKey {
  const letters = SECRET.slice(0, 26);
  const accessKeyId = `LK${Array.from({ length: 18 }, () => letters[randomInt(letters.length)]).join('')}`;
  const secretAccessKey = Array.from({ length: 40 }, () => SECRET[randomInt(SECRET.length)]).join('');
  return { accessKeyId, secretAccessKey, bucket, rights };
}

function isAccessKeyId(text: string): boolean {
  return /^[A-Z0-9]{16,128}$/.test(text);
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}

const SECRET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
