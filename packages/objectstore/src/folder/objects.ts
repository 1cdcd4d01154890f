/**
 * Objects of a bucket: open, put in place, remove. An object changes at one instant, when its bytes are renamed into place, and is
 * acknowledged when that is durable. Changes of one key follow one another.
 */
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { S3Error } from '../protocol/errors.ts';
import { READ_PLAIN, type BucketFolder } from './bucket.ts';
import { syncFolder } from './durable.ts';
import type { Draft } from './draft.ts';
import { OBJECT, pathOfKey } from './names.ts';
import { findVersion, removeVersions, writeVersions, type Version } from './sidecar.ts';

export interface ObjectInfo extends Version {
  key: string;
  lastModified: Date;
}

export interface OpenObject {
  info: ObjectInfo;
  /** Stays the version that `info` is about, whatever happens to the key. The caller closes it. */
  handle: FileHandle;
}

/** Looks at what is there before a change; throws to refuse it. */
export type Check = (current: ObjectInfo | undefined) => void;

/** `undefined` when there is no such object. */
export async function findObject(bucket: BucketFolder, key: string): Promise<OpenObject | undefined> {
  const path = join(bucket.objects, ...pathOfKey(key));
  for (let attempt = 0; ; attempt++) {
    const handle = await openFile(path);
    if (!handle) return undefined;
    try {
      const info = await describe(bucket, key, handle, attempt);
      if (info) return { info, handle };
    } catch (error) {
      await handle.close();
      throw error;
    }
    await handle.close();
  }
}

/** As `findObject`, without its bytes. */
export async function findInfo(bucket: BucketFolder, key: string): Promise<ObjectInfo | undefined> {
  const found = await findObject(bucket, key);
  await found?.handle.close();
  return found?.info;
}

/** Puts the draft in the key's place. Durable when it resolves. @throws what `check` throws */
export async function commitObject(
  bucket: BucketFolder,
  key: string,
  draft: Draft,
  { version, check }: { version: Omit<Version, 'size' | 'mtimeNs'>; check?: Check },
): Promise<ObjectInfo> {
  const names = pathOfKey(key);
  return bucket.locks.hold(names.join('/'), async () => {
    const current = await findInfo(bucket, key);
    check?.(current);
    const { mtimeNs, durable } = draft.settle();
    const next: Version = { ...version, size: draft.size, mtimeNs: String(await mtimeNs) };
    const versions = current ? [versionOf(current), next] : [next];
    await Promise.all([durable, writeVersions(bucket, key, versions)]);
    await moveInto(bucket, names, draft.path);
    return infoOf(key, next);
  });
}

/** May run twice. @throws what `check` throws */
export async function removeObject(bucket: BucketFolder, key: string, check?: Check): Promise<void> {
  const names = pathOfKey(key);
  const folders = names.slice(0, -1);
  await bucket.locks.hold(names.join('/'), async () => {
    const current = await findInfo(bucket, key);
    check?.(current);
    if (!current) return;
    const path = join(bucket.objects, ...names);
    // What is under the plain name is the newer, should a crash have left both: it goes last.
    await rm(path + OBJECT, { force: true });
    if (await isFile(path)) await rm(path, { force: true });
    await syncFolder(join(bucket.objects, ...folders));
    await removeVersions(bucket, key);
  });
  await bucket.pruneFolders(folders);
}

async function openFile(path: string): Promise<FileHandle | undefined> {
  // An object moves from its plain name to the other at most once while we look.
  for (const each of [path, path + OBJECT, path, path + OBJECT]) {
    const handle = await open(each, READ_PLAIN).catch((error: NodeJS.ErrnoException) => {
      if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(error.code ?? '')) return undefined;
      throw error;
    });
    if (!handle) continue;
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  }
  return undefined;
}

/** `undefined` when it was replaced while we looked: then the sidecar may speak of later versions only. */
async function describe(
  bucket: BucketFolder,
  key: string,
  handle: FileHandle,
  attempt: number,
): Promise<ObjectInfo | undefined> {
  const seen = await handle.stat({ bigint: true });
  const version = await findVersion(bucket, key, seen);
  if (version) return infoOf(key, version);
  if ((await handle.stat()).nlink === 0 && attempt < 100) return undefined;
  return infoOf(key, unknownVersion(seen));
}

/** Of a file that somebody put here by hand: its ETag can't be taken for an MD5. */
function unknownVersion({ size, mtimeNs }: { size: bigint; mtimeNs: bigint }): Version {
  const etag = `${createHash('md5').update(`${size} ${mtimeNs}`).digest('hex')}-0`;
  return { size: Number(size), mtimeNs: String(mtimeNs), etag, headers: {}, metadata: {} };
}

function infoOf(key: string, version: Version): ObjectInfo {
  // HTTP knows whole seconds, and so do the conditions that are compared with them.
  return { ...version, key, lastModified: new Date(Number(BigInt(version.mtimeNs) / 1_000_000n)) };
}

function versionOf({ key: _key, lastModified: _lastModified, ...version }: ObjectInfo): Version {
  return version;
}

/** Renames the file to the object's place, whatever folders come and go there meanwhile. */
async function moveInto(bucket: BucketFolder, names: string[], from: string): Promise<void> {
  const folders = names.slice(0, -1);
  const path = join(bucket.objects, ...names);
  const moveAside = (file: string): Promise<void> => makeWay(bucket, file);
  for (let attempt = 0; ; attempt++) {
    try {
      await bucket.ensureFolders(bucket.objects, folders, moveAside);
      const plain = !(await isFolder(path));
      await rename(from, plain ? path : path + OBJECT);
      await syncFolder(join(bucket.objects, ...folders));
      if (plain) await rm(path + OBJECT, { force: true });
      return;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (!['ENOENT', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY', 'EEXIST'].includes(code)) throw error;
      if (attempt > 50) throw new S3Error('NoSuchBucket'); // removed under our hands
      bucket.forgetFolders();
    }
  }
}

/** An object has the name that a folder needs: it gets its other name. */
async function makeWay(bucket: BucketFolder, file: string): Promise<void> {
  const name = file.slice(bucket.objects.length + 1);
  await bucket.locks.hold(name, async () => {
    if (await isFile(file)) await rename(file, file + OBJECT);
  });
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}
