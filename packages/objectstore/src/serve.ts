/** One request from its first line to its last byte: who, what, may they, do it, answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { randomBytes } from 'node:crypto';
import { authenticate } from './auth/authenticate.ts';
import type { KeyStore } from './auth/keys.ts';
import { openBody } from './body/body.ts';
import type { Buckets } from './folder/buckets.ts';
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  uploadPart,
  uploadPartCopy,
} from './operations/multipart.ts';
import {
  createBucket,
  deleteObjects,
  getBucketLocation,
  getBucketVersioning,
  headBucket,
  listBuckets,
} from './operations/buckets.ts';
import type { Call, ObjectCall, Reply } from './operations/call.ts';
import { listMultipartUploads, listObjects, listObjectsV2, listUploadedParts } from './operations/lists.ts';
import { copyObject, deleteObject, getObject, headObject, putObject } from './operations/objects.ts';
import { checkRights, operationOf, type Operation } from './operations/operation.ts';
import { S3Error } from './protocol/errors.ts';
import { parseTarget } from './protocol/target.ts';
import { sendFile } from './send-file.ts';
import { xmlDocument } from './protocol/xml.ts';

export interface ServeContext {
  root: string;
  buckets: Buckets;
  keys: KeyStore;
  region: string;
  onError: (error: Error, operation: string) => void;
  now: () => Date;
}

/** An operation gets more than it may use: the bucket is there whenever the operation is about what is in one. */
const OPERATIONS: Record<Operation, (call: ObjectCall) => Promise<Reply>> = {
  ListBuckets: listBuckets,
  CreateBucket: createBucket,
  HeadBucket: headBucket,
  GetBucketLocation: getBucketLocation,
  GetBucketVersioning: getBucketVersioning,
  ListObjects: listObjects,
  ListObjectsV2: listObjectsV2,
  ListMultipartUploads: listMultipartUploads,
  DeleteObjects: deleteObjects,
  GetObject: getObject,
  HeadObject: headObject,
  PutObject: putObject,
  CopyObject: copyObject,
  DeleteObject: deleteObject,
  CreateMultipartUpload: createMultipartUpload,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
  CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: abortMultipartUpload,
  ListParts: listUploadedParts,
};

/** Between the bytes of white space that keep a client waiting. */
const KEEP_ALIVE_MS = 5_000;

/** Never throws. */
export async function serveRequest(
  context: ServeContext,
  request: IncomingMessage,
  response: ServerResponse,
  { expectsContinue }: { expectsContinue: boolean },
): Promise<void> {
  const answer = new Answer(request, response);
  const seen = { operation: 'unknown' };
  try {
    const reply = await perform(context, request, { answer, seen, expectsContinue });
    await answer.send(reply);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.code === 'InternalError' && !request.destroyed) context.onError(error as Error, seen.operation);
    await answer.refuse(refusal, request.url ?? '').catch(() => response.destroy());
  }
}

async function perform(
  context: ServeContext,
  request: IncomingMessage,
  { answer, seen, expectsContinue }: { answer: Answer; seen: { operation: string }; expectsContinue: boolean },
): Promise<Reply> {
  const { headers, method = '' } = request;
  const target = parseTarget(request.url ?? '');
  const identity = await authenticate({ method, target, headers }, context.keys, context.now());
  const operation = operationOf(method, target, headers);
  seen.operation = operation;
  if (target.bucket !== undefined && target.bucket !== identity.key.bucket) throw new S3Error('AccessDenied');
  checkRights(operation, identity.key.rights);
  const call: Call = {
    target,
    headers,
    identity,
    root: context.root,
    region: context.region,
    keepAlive: () => answer.keepAlive(),
    body(options) {
      if (expectsContinue) answer.askForBody();
      return openBody(request as AsyncIterable<Buffer>, headers, { identity, ...options });
    },
  };
  return OPERATIONS[operation](await withBucket(context, call, operation));
}

async function withBucket({ buckets }: ServeContext, call: Call, operation: Operation): Promise<ObjectCall> {
  const { bucket: name, key } = call.target;
  const bucket = name === undefined ? undefined : await buckets.find(name);
  if (name !== undefined && !bucket && operation !== 'CreateBucket')
    throw new S3Error('NoSuchBucket', undefined, { BucketName: name });
  return { ...call, bucket, key } as ObjectCall;
}

function refusalOf(error: unknown): S3Error {
  if (error instanceof S3Error) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') return new S3Error('InternalError', 'The disk of the store is full');
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') return new S3Error('IncompleteBody');
  return new S3Error('InternalError');
}

/** Sends one answer, or the rest of one that was begun while the work went on. */
class Answer {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #id = randomBytes(8).toString('hex').toUpperCase();
  #ticking: NodeJS.Timeout | undefined;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
    response.setHeader('x-amz-request-id', this.#id);
    response.setHeader('Server', 'Larder');
  }

  askForBody(): void {
    if (!this.#response.headersSent) this.#response.writeContinue();
  }

  /** After a while the head is sent and white space follows, which XML allows before its root. */
  keepAlive(): void {
    this.#ticking = setInterval(() => {
      if (!this.#response.headersSent) this.#response.writeHead(200, { 'Content-Type': 'application/xml' });
      this.#response.write(' ');
    }, KEEP_ALIVE_MS);
  }

  async send({ status, headers = {}, body, file }: Reply): Promise<void> {
    clearInterval(this.#ticking);
    const response = this.#response;
    try {
      if (response.headersSent) return void response.end(withoutDeclaration(body ?? ''));
      if (body !== undefined) response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) });
      else
        response.writeHead(
          status,
          status === 200 && !('Content-Length' in headers) ? { ...headers, 'Content-Length': 0 } : headers,
        );
      if (!file) return void response.end(body);
      await sendFile(file.handle, file.range, response);
    } finally {
      await file?.handle.close();
    }
  }

  async refuse(refusal: S3Error, resource: string): Promise<void> {
    clearInterval(this.#ticking);
    const response = this.#response;
    const path = resource.split('?')[0] ?? '';
    const details = {
      Code: refusal.code,
      Message: refusal.message,
      ...refusal.details,
      Resource: path,
      RequestId: this.#id,
    };
    const body = xmlDocument('Error', details);
    if (response.headersSent) {
      // A file that broke off can't be told from a whole one but by its length.
      if (this.#ticking === undefined) return void response.destroy();
      return void response.end(withoutDeclaration(body));
    }
    // What is left of the body isn't read, so the connection can't be used again.
    if (!this.#request.complete) response.setHeader('Connection', 'close');
    response.writeHead(refusal.status, {
      'Content-Type': 'application/xml',
      'Content-Length': Buffer.byteLength(body),
    });
    response.end(this.#request.method === 'HEAD' ? undefined : body);
  }
}

/** White space came first, and a declaration must be at the very beginning. */
function withoutDeclaration(body: string): string {
  return body.replace(/^<\?xml[^>]*>\n/, '');
}
