/**
 * One bucket's folder. `objects/` has the objects as plain files under their keys, `meta/` what S3 keeps beside the bytes, `uploads/` the
 * multipart uploads that aren't complete, `tmp/` what is being received. Only one process may serve it; others may read at any time.
 */
import { constants } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { checkBucketName } from '../protocol/target.ts';
import { ensureFolder, syncFolder } from './durable.ts';
import { Mutexes } from './mutex.ts';

/** More folders than these are looked at again: forgetting one costs an fsync, no more. */
const MOST_KNOWN = 20_000;

export class BucketFolder {
  readonly name: string;
  readonly objects: string;
  readonly meta: string;
  readonly uploads: string;
  readonly tmp: string;
  /** By path below `objects`, and by upload. */
  readonly locks = new Mutexes();
  readonly #durable = new Set<string>();

  constructor(root: string, name: string) {
    checkBucketName(name);
    this.name = name;
    const folder = join(root, name);
    this.objects = join(folder, 'objects');
    this.meta = join(folder, 'meta');
    this.uploads = join(folder, 'uploads');
    this.tmp = join(folder, 'tmp');
  }

  /** A path for something that is renamed away or removed. */
  draftPath(): string {
    return join(this.tmp, randomBytes(16).toString('hex'));
  }

  /**
   * Makes the folders, one below the other, with each durable in the one above. Whoever finds a folder that another just made can't
   * know that it is, so it is made durable once more.
   */
  async ensureFolders(base: string, names: string[], moveAside?: (file: string) => Promise<void>): Promise<void> {
    let parent = base;
    for (const name of names) {
      const folder = join(parent, name);
      if (!this.#durable.has(folder)) {
        await makeFolder(folder, moveAside);
        await syncFolder(parent);
        if (this.#durable.size >= MOST_KNOWN) this.#durable.clear();
        this.#durable.add(folder);
      }
      parent = folder;
    }
  }

  /** Somebody removed folders that were known. */
  forgetFolders(): void {
    this.#durable.clear();
  }

  /** Removes what is empty of these, the lowest first. */
  async pruneFolders(names: string[]): Promise<void> {
    for (let depth = names.length; depth > 0; depth--) {
      const folder = join(this.objects, ...names.slice(0, depth));
      this.#durable.delete(folder);
      const empty = await rmdir(folder).then(
        () => true,
        () => false,
      );
      if (!empty) return;
    }
  }

  /** What a killed server left half received. */
  async sweep(): Promise<void> {
    for (const name of await readdir(this.tmp)) await rm(join(this.tmp, name), { recursive: true, force: true });
  }
}

async function makeFolder(folder: string, moveAside?: (file: string) => Promise<void>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await mkdir(folder, { mode: 0o700 });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 20) throw error;
      const found = await stat(folder).catch(() => undefined);
      if (found?.isDirectory()) return;
      if (found) await moveAside?.(folder);
    }
  }
}

/** Makes the bucket, whole or not at all. May run twice. @throws S3Error `InvalidBucketName` */
export async function ensureBucket(root: string, name: string): Promise<void> {
  checkBucketName(name);
  await ensureFolder(root, 0o700);
  if (await hasBucket(root, name)) return;
  const draft = join(root, `.new-${name}-${randomBytes(6).toString('hex')}`);
  try {
    for (const part of ['objects', 'meta', 'uploads', 'tmp'])
      await mkdir(join(draft, part), { recursive: true, mode: 0o700 });
    await syncFolder(draft);
    await rename(draft, join(root, name));
    await syncFolder(root);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!(await hasBucket(root, name))) throw error;
  }
}

/** Removes the bucket with all in it: gone at once for clients, and then from the disk. May run twice. */
export async function removeBucket(root: string, name: string): Promise<void> {
  checkBucketName(name);
  const removed = join(root, `.removed-${name}-${randomBytes(6).toString('hex')}`);
  const found = await rename(join(root, name), removed).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  if (found) await syncFolder(root);
  for (const left of await readdir(root).catch(() => []))
    if (left.startsWith(`.removed-${name}-`)) await rm(join(root, left), { recursive: true, force: true });
}

export async function hasBucket(root: string, name: string): Promise<boolean> {
  return (await stat(join(root, name, 'objects')).catch(() => undefined))?.isDirectory() ?? false;
}

/** All buckets, by name, with when they were made. */
export async function listBuckets(root: string): Promise<{ name: string; createdAt: Date }[]> {
  const names = (await readdir(root)).filter(name => !name.startsWith('.')).sort();
  const found = await Promise.all(
    names.map(async name => ({ name, seen: await stat(join(root, name, 'uploads')).catch(() => undefined) })),
  );
  return found.flatMap(({ name, seen }) => (seen ? [{ name, createdAt: seen.birthtime }] : []));
}

/** Nothing of ours is a link: one that is there was planted. */
export const READ_PLAIN = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
