/** Sending what has no length yet, in parts. */
import type { Readable } from 'node:stream';
import { Upload } from '@aws-sdk/lib-storage';
import type { Connection } from './connection.ts';
import type { UploadOptions } from './store.ts';

/** S3's least size of a part. */
const LEAST_PART = 5 * 2 ** 20;

/** Nothing is left in the store when it throws, as far as the store can be reached. */
export async function uploadInParts(
  connection: Connection,
  at: { Bucket: string; Key: string },
  { body, partBytes = 8 * 2 ** 20, parallel = 3, signal }: UploadOptions & { body: Readable },
): Promise<void> {
  signal?.throwIfAborted();
  const upload = new Upload({
    client: connection.patient,
    params: { ...at, Body: body },
    partSize: Math.max(LEAST_PART, partBytes),
    queueSize: parallel,
    leavePartsOnError: false,
  });
  const abort = (): void => void upload.abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await upload.done();
  } finally {
    signal?.removeEventListener('abort', abort);
    body.destroy();
  }
}
