/** Sending what has no length yet, in parts. */
import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
} from '@aws-sdk/client-s3';
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

interface Begun {
  Key: string;
  UploadId: string;
}

/** Uploads below a prefix that are neither complete nor aborted: under way, or of somebody who was cut short. */
export async function* listUploads(
  { client }: Connection,
  { Bucket, Prefix }: { Bucket: string; Prefix: string },
): AsyncGenerator<Begun> {
  let more: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
  while (more) {
    const page: ListMultipartUploadsCommandOutput = await client.send(
      new ListMultipartUploadsCommand({ Bucket, Prefix, ...more }),
    );
    for (const { Key, UploadId } of page.Uploads ?? [])
      if (Key?.startsWith(Prefix) && UploadId) yield { Key, UploadId };
    more = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined;
  }
}

/** May run twice. */
export async function abortUpload({ client }: Connection, Bucket: string, { Key, UploadId }: Begun): Promise<void> {
  await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })).catch((error: Error) => {
    if (error.name !== 'NoSuchUpload') throw error;
  });
}
