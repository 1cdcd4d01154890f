/**
 * Buckets on an S3 server that somebody else runs. A bucket is ours when the mark in it says so: S3 itself doesn't, since whoever asks for
 * a bucket that their account has already is told that all is well.
 */
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { StoreError } from '../store/errors.ts';
import { openStore } from '../store/store.ts';
import { onEndpoint, type EndpointAccess } from './endpoint.ts';

/** The object that says whose a bucket is. */
export const BUCKET_MARK = '.larder-bucket.json';

/** `empty`: there, without a mark or anything else. `unmarked`: there is content, and no mark. `theirs`: another mark, or another account's. */
export type BucketOwner = 'absent' | 'ours' | 'empty' | 'unmarked' | 'theirs';

/** @param mark of the one who asks @throws StoreError */
export async function whoseBucket(access: EndpointAccess, bucket: string, mark: string): Promise<BucketOwner> {
  const there = await onEndpoint(access, bucket, ({ client, ask }) => ask('look at', () => look(client, bucket)));
  if (there !== 'there') return there;
  const store = openStore({ ...access, bucket, prefix: '', serverName: '' }, { connections: 2 });
  try {
    const found = await store.read(BUCKET_MARK, 4_096);
    if (found !== undefined) return parseMark(found) === mark ? 'ours' : 'theirs';
    for await (const _any of store.list('')) return 'unmarked';
    return 'empty';
  } finally {
    store.close();
  }
}

/** Whoever calls it has seen that there was none. @throws StoreError also when another was quicker */
export async function makeBucket(access: EndpointAccess, bucket: string): Promise<void> {
  const LocationConstraint = access.region as 'eu-west-1';
  // The first region of all is the one that must not be named.
  const CreateBucketConfiguration = access.region === 'us-east-1' ? undefined : { LocationConstraint };
  await onEndpoint(access, bucket, ({ client, ask }) =>
    ask('make', () => client.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration }))),
  );
}

/** Makes a bucket ours that has no mark. @returns false when it has one by now */
export async function markBucket(access: EndpointAccess, bucket: string, mark: string): Promise<boolean> {
  const store = openStore({ ...access, bucket, prefix: '', serverName: '' }, { connections: 2 });
  try {
    const text = `${JSON.stringify({ madeBy: 'larder', mark })}\n`;
    return (await store.put(BUCKET_MARK, Buffer.from(text), { ifAbsent: true })) === 'stored';
  } finally {
    store.close();
  }
}

/** Who may do what, as a bucket policy. */
export async function setBucketPolicy(access: EndpointAccess, bucket: string, policy: object): Promise<void> {
  const put = new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(policy) });
  await onEndpoint(access, bucket, ({ client, ask }) => ask('say who may use', () => client.send(put)));
}

/** The bucket with all that is in it; its mark last, so that what was cut short goes on. Whoever calls it has seen that it is ours. */
export async function removeBucketFrom(access: EndpointAccess, bucket: string): Promise<void> {
  const store = openStore({ ...access, bucket, prefix: '', serverName: '' }, { connections: 4 });
  try {
    await store.abortUploads('');
    let keys: string[] = [];
    for await (const entry of store.list('')) {
      if (entry.kind === 'object' && entry.key !== BUCKET_MARK) keys.push(entry.key);
      if (keys.length < 1_000) continue;
      await store.remove(keys);
      keys = [];
    }
    await store.remove(keys);
    await store.remove([BUCKET_MARK]);
  } finally {
    store.close();
  }
  await onEndpoint(access, bucket, ({ client, ask }) =>
    ask('remove', () => client.send(new DeleteBucketCommand({ Bucket: bucket }))),
  ).catch((error: unknown) => {
    if (!(error instanceof StoreError) || error.kind !== 'missingBucket') throw error;
  });
}

async function look(client: S3Client, Bucket: string): Promise<'there' | 'absent' | 'theirs'> {
  try {
    await client.send(new HeadBucketCommand({ Bucket }));
    return 'there';
  } catch (error) {
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
    if (status === 404) return 'absent';
    if (status !== 403) throw error;
  }
  // An answer to HEAD has no words. A bad key is told in other ones than that the bucket is somebody else's.
  return client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 1 })).then(
    () => 'there',
    (error: Error) => {
      if (error.name === 'AccessDenied') return 'theirs';
      throw error;
    },
  );
}

function parseMark(text: Buffer): string | undefined {
  try {
    return (JSON.parse(text.toString()) as { mark?: string }).mark;
  } catch {
    return undefined;
  }
}
