/** A client of one bucket: what a backup needs of S3, with bounded retries, and errors in words. */
import type { Readable } from 'node:stream';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type GetObjectCommandOutput,
} from '@aws-sdk/client-s3';
import { connect, type Connection, type ConnectOptions } from './connection.ts';
import type { Destination } from './destination.ts';
import { storeError, StoreError } from './errors.ts';
import { resumingBody } from './body.ts';
import { preparePut, type Content } from './put.ts';
import { retry, type RetryOptions } from './retry.ts';
import { abortUpload, listUploads, uploadInParts } from './upload.ts';

export interface ObjectFacts {
  size: number;
  /** As the store gives it, with its quotes. */
  etag: string;
  modified: Date;
  /** What `put` was given beside the content; absent in lists. */
  metadata?: Record<string, string>;
}

export interface StoredObject extends ObjectFacts {
  /** Continues by itself where a connection was cut, as long as the object is the same. */
  body: Readable;
}

export type ListEntry = ({ kind: 'object'; key: string } & ObjectFacts) | { kind: 'folder'; prefix: string };

export interface PutOptions {
  /** Never replaces an object. */
  ifAbsent?: boolean;
  /** Kept beside the content: names in lower case, texts in ASCII. */
  metadata?: Record<string, string>;
  signal?: AbortSignal;
}

export interface UploadOptions {
  /** At least 5 MiB. @default 8 MiB */
  partBytes?: number;
  /** Parts under way at once; as many are in memory. @default 3 */
  parallel?: number;
  signal?: AbortSignal;
}

export interface GetOptions {
  signal?: AbortSignal;
}

/** Every method throws StoreError; what may work in a moment was tried again before. Keys are whole: no prefix is put before them. */
export interface Store {
  readonly destination: Destination;
  /** `exists`: there is an object, of whatever content; it may be what an earlier trial of this very call put there. */
  put(key: string, bytes: Content, options?: PutOptions): Promise<'stored' | 'exists'>;
  /** `undefined` only when the store itself said that there is no such object. */
  get(key: string, options?: GetOptions): Promise<StoredObject | undefined>;
  /** The whole content. `undefined` as for `get`. @throws Error when it is larger than `maxBytes` */
  read(key: string, maxBytes: number, options?: GetOptions): Promise<Buffer | undefined>;
  /** `undefined` as for `get`; but a missing bucket looks the same here, since HEAD has no words. */
  head(key: string, options?: GetOptions): Promise<ObjectFacts | undefined>;
  /** In the order of keys; with a delimiter, what goes on after it is one `folder`. */
  list(prefix: string, options?: { delimiter?: string; signal?: AbortSignal }): AsyncIterable<ListEntry>;
  /** May run twice: what isn't there is removed. */
  remove(keys: string[]): Promise<void>;
  /** Of unknown length, in parts. What was sent is aborted when it fails. Replaces what is there. */
  upload(key: string, body: Readable, options?: UploadOptions): Promise<void>;
  /** Gives up all uploads below a prefix, whoever began them: what a killed process left takes room, and no list of objects shows it. */
  abortUploads(prefix: string, options?: GetOptions): Promise<void>;
  /** Whether the bucket is there and the key is good. @throws StoreError when not */
  check(signal?: AbortSignal): Promise<void>;
  /** Ends its connections. */
  close(): void;
}

export interface StoreOptions extends ConnectOptions {
  retry?: RetryOptions;
}

/** Opens no connection yet. @throws Error for a destination that can't be used */
export function openStore(destination: Destination, options: StoreOptions = {}): Store {
  return new S3Store(destination, options);
}

class S3Store implements Store {
  readonly destination: Destination;
  readonly #connection: Connection;
  readonly #retry: RetryOptions;
  readonly #where: string;
  /** Some stores know no conditional writes. */
  #conditional = true;

  constructor(destination: Destination, options: StoreOptions) {
    this.destination = destination;
    this.#retry = options.retry ?? {};
    this.#connection = connect(destination, options);
    this.#where = `in bucket "${destination.bucket}" at ${destination.endpoint}`;
  }

  async put(
    key: string,
    bytes: Content,
    { ifAbsent = false, metadata, signal }: PutOptions = {},
  ): Promise<'stored' | 'exists'> {
    if (ifAbsent && !this.#conditional && (await this.head(key, { signal }))) return 'exists';
    const IfNoneMatch = ifAbsent && this.#conditional ? '*' : undefined;
    const newPut = preparePut({ ...this.#at(key), IfNoneMatch, Metadata: metadata }, bytes);
    try {
      await this.#try(`write "${key}"`, () => this.#connection.client.send(newPut(), { abortSignal: signal }), signal);
      return 'stored';
    } catch (error) {
      if (!ifAbsent || !(error instanceof StoreError)) throw error;
      if (error.status === 412) return 'exists';
      if (error.status !== 501 || !this.#conditional) throw error;
      this.#conditional = false;
      return this.put(key, bytes, { ifAbsent, metadata, signal });
    }
  }

  async get(key: string, { signal }: GetOptions = {}): Promise<StoredObject | undefined> {
    const first = await this.#open(key, { signal });
    if (!first) return undefined;
    const facts = factsOf(first);
    const again = async (from: number): Promise<Readable> => {
      const next = await this.#open(key, { from, etag: facts.etag, signal });
      if (!next) throw this.#error(gone(), `read "${key}"`);
      return next.Body as Readable;
    };
    const fail = (error: unknown): StoreError => this.#error(error, `read "${key}"`);
    const body = resumingBody(first.Body as Readable, { size: facts.size, again, fail, signal });
    return { ...facts, body };
  }

  async read(key: string, maxBytes: number, options: GetOptions = {}): Promise<Buffer | undefined> {
    const found = await this.get(key, options);
    if (!found) return undefined;
    if (found.size > maxBytes) {
      found.body.destroy();
      throw new Error(
        `cannot read "${key}" ${this.#where}: ${found.size} bytes are more than the ${maxBytes} expected`,
      );
    }
    const chunks: Buffer[] = [];
    for await (const chunk of found.body) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  async head(key: string, { signal }: GetOptions = {}): Promise<ObjectFacts | undefined> {
    const head = new HeadObjectCommand(this.#at(key));
    try {
      const send = (): Promise<GetObjectCommandOutput> => this.#connection.client.send(head, { abortSignal: signal });
      return factsOf(await this.#try(`look at "${key}"`, send, signal));
    } catch (error) {
      if (error instanceof StoreError && error.status === 404 && error.kind !== 'missingBucket') return undefined;
      throw error;
    }
  }

  async *list(
    prefix: string,
    { delimiter, signal }: { delimiter?: string; signal?: AbortSignal } = {},
  ): AsyncIterable<ListEntry> {
    const { bucket: Bucket } = this.destination;
    let ContinuationToken: string | undefined;
    do {
      const list = new ListObjectsV2Command({ Bucket, Prefix: prefix, Delimiter: delimiter, ContinuationToken });
      const send = () => this.#connection.client.send(list, { abortSignal: signal });
      const page = await this.#try(`list "${prefix}"`, send, signal);
      for (const { Prefix } of page.CommonPrefixes ?? []) yield { kind: 'folder', prefix: Prefix ?? '' };
      for (const { Key, Size, ETag, LastModified } of page.Contents ?? [])
        yield {
          kind: 'object',
          key: Key ?? '',
          size: Size ?? 0,
          etag: ETag ?? '',
          modified: LastModified ?? new Date(0),
        };
      ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (ContinuationToken !== undefined);
  }

  async remove(keys: string[]): Promise<void> {
    const { bucket: Bucket } = this.destination;
    for (let at = 0; at < keys.length; at += 1_000) {
      const Objects = keys.slice(at, at + 1_000).map(Key => ({ Key }));
      const remove = new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } });
      await this.#try(`remove "${keys[at]}"`, async () => {
        const { Errors = [] } = await this.#connection.client.send(remove);
        const first = Errors[0];
        if (first)
          throw Object.assign(new Error(first.Message), { name: first.Code, $metadata: { httpStatusCode: 200 } });
      });
    }
  }

  async upload(key: string, body: Readable, options: UploadOptions = {}): Promise<void> {
    try {
      await uploadInParts(this.#connection, this.#at(key), { ...options, body });
    } catch (error) {
      options.signal?.throwIfAborted();
      throw this.#error(error, `write "${key}"`);
    }
  }

  async abortUploads(Prefix: string, { signal }: GetOptions = {}): Promise<void> {
    const { bucket: Bucket } = this.destination;
    const abortAll = async (): Promise<void> => {
      for await (const begun of listUploads(this.#connection, { Bucket, Prefix }))
        await abortUpload(this.#connection, Bucket, begun);
    };
    await this.#try(`remove unfinished uploads below "${Prefix}"`, abortAll, signal).catch((error: unknown) => {
      // A store that can't list them removes them by a rule of its own.
      if (!(error instanceof StoreError) || error.status !== 501) throw error;
    });
  }

  async check(signal?: AbortSignal): Promise<void> {
    const head = new HeadBucketCommand({ Bucket: this.destination.bucket });
    await this.#try('look', () => this.#connection.client.send(head, { abortSignal: signal }), signal).catch(
      (error: unknown) => {
        const missing = error instanceof StoreError && error.status === 404;
        if (!missing) throw error;
        throw this.#error(
          Object.assign(new Error(), { name: 'NoSuchBucket', $metadata: { httpStatusCode: 404 } }),
          'look',
        );
      },
    );
  }

  close(): void {
    this.#connection.close();
  }

  async #open(
    key: string,
    { from, etag, signal }: { from?: number; etag?: string; signal?: AbortSignal },
  ): Promise<GetObjectCommandOutput | undefined> {
    const Range = from ? `bytes=${from}-` : undefined;
    const get = new GetObjectCommand({ ...this.#at(key), Range, IfMatch: etag });
    try {
      return await this.#try(`read "${key}"`, () => this.#connection.client.send(get, { abortSignal: signal }), signal);
    } catch (error) {
      if (error instanceof StoreError && error.code === 'NoSuchKey') return undefined;
      throw error;
    }
  }

  #at(Key: string): { Bucket: string; Key: string } {
    return { Bucket: this.destination.bucket, Key };
  }

  #try<T>(what: string, run: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const sorted = (): Promise<T> =>
      run().catch((error: unknown) => {
        throw this.#error(error, what);
      });
    return retry(sorted, this.#retry, signal);
  }

  #error(error: unknown, what: string): StoreError {
    return storeError(error, what, this.#where);
  }
}

function factsOf({ ContentLength, ETag, LastModified, Metadata }: Partial<GetObjectCommandOutput>): ObjectFacts {
  return { size: ContentLength ?? 0, etag: ETag ?? '', modified: LastModified ?? new Date(0), metadata: Metadata };
}

function gone(): Error {
  return Object.assign(new Error('the object is gone'), { name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } });
}
