/** A store in a folder of its own, with a client for each of its keys. Everything goes when it is closed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import {
  ensureBucket,
  keyFolder,
  newAccessKey,
  startObjectStore,
  type AccessKey,
  type ObjectStore,
  type ObjectStoreOptions,
  type Rights,
} from '@larder/objectstore';

export interface Rig {
  store: ObjectStore;
  folder: string;
  keys: ReturnType<typeof keyFolder>;
  /** Of the owner of bucket `first`. */
  owner: AccessKey;
  client(key?: AccessKey, options?: S3ClientConfig): S3Client;
  newKey(bucket: string, rights: Rights): Promise<AccessKey>;
  /** What the server called its own fault. */
  faults: string[];
  close(): Promise<void>;
}

export async function startRig(options: Partial<ObjectStoreOptions> = {}): Promise<Rig> {
  const home = await mkdtemp(join(tmpdir(), 'larder-s3-'));
  const clients: S3Client[] = [];
  const folder = join(home, 'buckets');
  const keys = keyFolder(join(home, 'keys'));
  await ensureBucket(folder, 'first');
  const newKey = async (bucket: string, rights: Rights): Promise<AccessKey> => {
    const key = newAccessKey(bucket, rights);
    await keys.write(key);
    return key;
  };
  const owner = await newKey('first', 'owner');
  const faults: string[] = [];
  const onError = (error: Error, operation: string): void => void faults.push(`${operation}: ${error.stack}`);
  const store = await startObjectStore({ folder, keys, onError, ...options });
  const client = (key = owner, more: S3ClientConfig = {}): S3Client => {
    const made = new S3Client({
      endpoint: store.url,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: key,
      maxAttempts: 1,
      ...more,
    });
    clients.push(made);
    return made;
  };
  const close = async (): Promise<void> => {
    for (const each of clients) each.destroy();
    await store.close(0);
    await rm(home, { recursive: true, force: true });
  };
  return { store, folder, keys, owner, client, newKey, faults, close };
}

/** The code that a call is refused with, or the status where an answer has no body for a code; `undefined` when it is not. */
export async function refusal(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    const { name, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    return ['Error', 'Unknown', 'UnknownError'].includes(name) ? String($metadata?.httpStatusCode) : name;
  }
}
