/**
 * Multipart uploads. Each has a folder with what was said at its beginning, and for each part a record that names the file with its
 * bytes: the record is what makes the part, so sending a part again replaces it at once. Completing copies the parts into one file.
 */
import { open, readdir, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { S3Error } from '../protocol/errors.ts';
import { READ_PLAIN, type BucketFolder } from './bucket.ts';
import { syncFolder, writeDurably } from './durable.ts';
import type { Draft } from './draft.ts';
import type { ChecksumAlgorithm, ObjectFacts, StoredChecksum } from './sidecar.ts';

export interface Upload extends ObjectFacts {
  uploadId: string;
  key: string;
  /** RFC 3339. */
  initiatedAt: string;
  checksum?: { algorithm: ChecksumAlgorithm; type: StoredChecksum['type'] };
}

export interface Part {
  number: number;
  size: number;
  etag: string;
  checksum?: StoredChecksum;
  /** RFC 3339. */
  modifiedAt: string;
  /** The name of the file with its bytes. */
  file: string;
}

export async function createUpload(bucket: BucketFolder, begun: Omit<Upload, 'uploadId'>): Promise<Upload> {
  const upload: Upload = { ...begun, uploadId: randomBytes(16).toString('hex') };
  const folder = folderOf(bucket, upload.uploadId);
  await bucket.ensureFolders(bucket.uploads, [upload.uploadId]);
  await writeDurably(join(folder, 'upload.json'), JSON.stringify(upload));
  return upload;
}

/** @throws S3Error `NoSuchUpload` unless it is an upload of that key */
export async function getUpload(bucket: BucketFolder, uploadId: string, key: string): Promise<Upload> {
  const upload = await readUpload(bucket, uploadId);
  if (upload?.key !== key) throw new S3Error('NoSuchUpload');
  return upload;
}

/** All that aren't complete, by key and then by id: an order in which a listing can go on. */
export async function listUploads(bucket: BucketFolder): Promise<Upload[]> {
  const found = await Promise.all((await readdir(bucket.uploads)).map(name => readUpload(bucket, name)));
  const order = ({ key, uploadId }: Upload): Buffer => Buffer.from(`${key}\u0000${uploadId}`);
  return found.filter(upload => upload !== undefined).sort((a, b) => Buffer.compare(order(a), order(b)));
}

/** Durable when it resolves. @throws S3Error `NoSuchUpload` when it was completed or aborted meanwhile */
export async function putPart(
  bucket: BucketFolder,
  { uploadId, key }: Upload,
  draft: Draft,
  told: { number: number; checksum?: StoredChecksum },
): Promise<Part> {
  const folder = folderOf(bucket, uploadId);
  return bucket.locks.hold(`upload ${uploadId} ${told.number}`, async () => {
    const { mtimeNs, durable } = draft.settle();
    await Promise.all([mtimeNs, durable]);
    const name = nameOf(told.number);
    const file = `${name}.${randomBytes(6).toString('hex')}.part`;
    const part: Part = {
      ...told,
      size: draft.size,
      etag: draft.md5.toString('hex'),
      modifiedAt: new Date().toISOString(),
      file,
    };
    await getUpload(bucket, uploadId, key);
    const before = await readPart(folder, told.number);
    try {
      await rename(draft.path, join(folder, file));
      await writeDurably(join(folder, `${name}.json`), JSON.stringify(part));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new S3Error('NoSuchUpload');
      throw error;
    }
    if (before) await rm(join(folder, before.file), { force: true });
    return part;
  });
}

/** In the order of their numbers. */
export async function listParts(bucket: BucketFolder, uploadId: string): Promise<Part[]> {
  const folder = folderOf(bucket, uploadId);
  const names = (await readdir(folder)).filter(name => /^\d{5}\.json$/.test(name)).sort();
  const parts: (Part | undefined)[] = [];
  for (const name of names) parts.push(await readPart(folder, Number(name.slice(0, 5))));
  return parts.filter(part => part !== undefined);
}

/** The bytes of the parts, one after the other. */
export async function* readParts(bucket: BucketFolder, uploadId: string, parts: Part[]): AsyncGenerator<Buffer> {
  for (const { file, size } of parts) {
    const handle: FileHandle = await open(join(folderOf(bucket, uploadId), file), READ_PLAIN);
    try {
      if ((await handle.stat()).size !== size)
        throw new Error(`a part of an upload is damaged: ${file} isn't ${size} bytes`);
      yield* handle.createReadStream({ autoClose: false, highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>;
    } finally {
      await handle.close();
    }
  }
}

/** May run twice. */
export async function removeUpload(bucket: BucketFolder, uploadId: string): Promise<void> {
  const folder = folderOf(bucket, uploadId);
  // Without this it is no upload, whatever else is still there.
  await rm(join(folder, 'upload.json'), { force: true });
  await rm(folder, { recursive: true, force: true });
  await syncFolder(bucket.uploads);
}

/** Removes uploads that nobody went on with: as a rule their client is gone. */
export async function removeStaleUploads(bucket: BucketFolder, before: Date): Promise<void> {
  for (const name of await readdir(bucket.uploads)) {
    const upload = await readUpload(bucket, name);
    if (upload && upload.initiatedAt >= before.toISOString()) continue;
    if (isUploadId(name)) await removeUpload(bucket, name);
  }
}

async function readUpload(bucket: BucketFolder, uploadId: string): Promise<Upload | undefined> {
  if (!isUploadId(uploadId)) return undefined;
  return readJson<Upload>(join(folderOf(bucket, uploadId), 'upload.json'));
}

function readPart(folder: string, number: number): Promise<Part | undefined> {
  return readJson<Part>(join(folder, `${nameOf(number)}.json`));
}

async function readJson<T>(path: string): Promise<T | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

function folderOf(bucket: BucketFolder, uploadId: string): string {
  if (!isUploadId(uploadId)) throw new S3Error('NoSuchUpload');
  return join(bucket.uploads, uploadId);
}

function isUploadId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}

function nameOf(number: number): string {
  return String(number).padStart(5, '0');
}
