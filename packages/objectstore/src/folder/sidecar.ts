/**
 * What S3 keeps of an object beside its bytes. A sidecar names the version it speaks of by size and modification time, and may speak of
 * two: the one that is there and the one that is about to replace it. So renaming the bytes into place changes both at once.
 */
import { readFile, rm } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { BucketFolder } from './bucket.ts';
import { writeDurably } from './durable.ts';

export interface StoredChecksum {
  algorithm: ChecksumAlgorithm;
  /** Base64, with `-<parts>` when it is one of the parts' checksums. */
  value: string;
  type: 'FULL_OBJECT' | 'COMPOSITE';
}

export type ChecksumAlgorithm = 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256';

/** What a request sets. */
export interface ObjectFacts {
  /** `content-type` and the like, as they are given back. */
  headers: Record<string, string>;
  /** Names without `x-amz-meta-`. */
  metadata: Record<string, string>;
}

/** What is known of an object's bytes, and what was set. */
export interface Version extends ObjectFacts {
  size: number;
  /** Nanoseconds; tells this version from every other of the key. */
  mtimeNs: string;
  /** Without quotes. */
  etag: string;
  checksum?: StoredChecksum;
  /** Of the upload that made it: completing that once more gives the same answer. */
  uploadId?: string;
}

interface Sidecar {
  key: string;
  versions: Version[];
}

/** The version that the bytes with this size and time are; `undefined` when nobody wrote one down. */
export async function findVersion(
  bucket: BucketFolder,
  key: string,
  seen: { size: bigint; mtimeNs: bigint },
): Promise<Version | undefined> {
  const { path } = placeOf(bucket, key);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const sidecar = JSON.parse(text) as Sidecar;
  return sidecar.versions.find(({ size, mtimeNs }) => size === Number(seen.size) && mtimeNs === String(seen.mtimeNs));
}

/** Durable when it resolves; the caller holds the key's lock. */
export async function writeVersions(bucket: BucketFolder, key: string, versions: Version[]): Promise<void> {
  const { folder, path } = placeOf(bucket, key);
  await bucket.ensureFolders(bucket.meta, [folder]);
  await writeDurably(path, JSON.stringify({ key, versions } satisfies Sidecar));
}

/** A sidecar without bytes means nothing, so this needn't be durable. */
export async function removeVersions(bucket: BucketFolder, key: string): Promise<void> {
  await rm(placeOf(bucket, key).path, { force: true });
}

function placeOf(bucket: BucketFolder, key: string): { folder: string; path: string } {
  const hash = createHash('sha256').update(key).digest('hex');
  const folder = hash.slice(0, 2);
  return { folder, path: join(bucket.meta, folder, `${hash.slice(2)}.json`) };
}
