/**
 * Keys for one bucket each on versitygw, by its administrators' API: an account for each key, and a policy on the bucket that says what
 * it may do. An account that no policy names can do nothing.
 */
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { Agent, request as secureRequest } from 'node:https';
import { request as plainRequest } from 'node:http';
import { SignatureV4 } from '@smithy/signature-v4';
import { StoreError, storeError } from '../store/errors.ts';
import { retry } from '../store/retry.ts';
import { setBucketPolicy } from './buckets.ts';
import type { EndpointAccess } from './endpoint.ts';

/** What a key may do. `archive`: put, get and list. `read`: get and list. */
export type KeyRights = 'owner' | 'archive' | 'read';

export interface BucketKey {
  accessKeyId: string;
  secretAccessKey: string;
  rights: KeyRights;
}

/** The account is there with this secret. It may do nothing yet. May run twice. @throws StoreError */
export async function ensureAccount(access: EndpointAccess, key: Omit<BucketKey, 'rights'>): Promise<void> {
  const { accessKeyId, secretAccessKey } = key;
  const account = `<Account><Access>${accessKeyId}</Access><Secret>${secretAccessKey}</Secret><Role>user</Role></Account>`;
  const made = await ask(access, 'PATCH', '/create-user', { body: account });
  if (made === 'done') return;
  const props = `<MutableProps><Secret>${secretAccessKey}</Secret><Role>user</Role></MutableProps>`;
  await ask(access, 'PATCH', '/update-user', { query: { access: accessKeyId }, body: props });
}

/** Whether the server has accounts, and the key may make them. @throws StoreError when not */
export async function checkAccounts(access: EndpointAccess): Promise<void> {
  await ask(access, 'PATCH', '/list-users', { body: '' });
}

/** May run twice. */
export async function removeAccount(access: EndpointAccess, accessKeyId: string): Promise<void> {
  await ask(access, 'PATCH', '/delete-user', { query: { access: accessKeyId }, body: '' });
}

/** These keys, and nobody else but the administrator, may use the bucket. Their accounts are there. */
export async function grantKeys(access: EndpointAccess, bucket: string, keys: BucketKey[]): Promise<void> {
  if (keys.length > 0) await setBucketPolicy(access, bucket, policyFor(bucket, keys));
}

/** Pure. */
export function policyFor(bucket: string, keys: Pick<BucketKey, 'accessKeyId' | 'rights'>[]): object {
  const bucketName = `arn:aws:s3:::${bucket}`;
  const statements = (Object.keys(RIGHTS) as KeyRights[]).flatMap(rights => {
    const AWS = keys.filter(key => key.rights === rights).map(({ accessKeyId }) => accessKeyId);
    if (AWS.length === 0) return [];
    // In one statement: versitygw asks for the right to delete several objects of the bucket itself.
    return [{ Effect: 'Allow', Principal: { AWS }, Action: RIGHTS[rights], Resource: [bucketName, `${bucketName}/*`] }];
  });
  return { Version: '2012-10-17', Statement: statements };
}

const READ = ['s3:GetObject', 's3:GetObjectAttributes', 's3:ListBucket', 's3:GetBucketLocation'];
const ARCHIVE = [
  ...READ,
  ...['s3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts', 's3:ListBucketMultipartUploads'],
];
const OWNER = [
  ...ARCHIVE,
  ...['s3:DeleteObject', 's3:GetObjectTagging', 's3:PutObjectTagging', 's3:DeleteObjectTagging'],
];

const RIGHTS: Record<KeyRights, string[]> = { owner: OWNER, archive: ARCHIVE, read: READ };

interface Asked {
  query?: Record<string, string>;
  body: string;
}

/** `exists`: there is such an account already. */
async function ask(access: EndpointAccess, method: string, path: string, asked: Asked): Promise<'done' | 'exists'> {
  const what = 'make a key';
  const where = `at ${access.endpoint}`;
  return retry(
    async () => {
      const answer = await send(access, method, path, asked).catch((error: unknown) => {
        throw storeError(error, what, where);
      });
      if (answer.status < 300) return 'done';
      const code = /<Code>([^<]{1,80})<\/Code>/.exec(answer.text)?.[1] ?? String(answer.status);
      if (code === 'XAdminUserExists') return 'exists';
      if (answer.status === 404 && code !== 'XAdminMethodNotSupported' && path === '/delete-user') return 'done';
      if (code === 'XAdminMethodNotSupported' || answer.status === 404 || answer.status === 405)
        throw new StoreError(
          'other',
          `cannot ${what} ${where}: that is no versitygw with accounts (${code}); start it with --iam-dir, or set keys: shared`,
          { code, status: answer.status },
        );
      const seen = { name: code, message: '', $metadata: { httpStatusCode: answer.status } };
      throw storeError(Object.assign(new Error(''), seen), what, where);
    },
    { attempts: 3 },
  );
}

async function send(
  { endpoint, region, accessKeyId, secretAccessKey, ca }: EndpointAccess,
  method: string,
  path: string,
  { query = {}, body }: Asked,
): Promise<{ status: number; text: string }> {
  const url = new URL(endpoint);
  const signer = new SignatureV4({
    service: 's3',
    region,
    credentials: { accessKeyId, secretAccessKey },
    sha256: Sha256,
    uriEscapePath: false,
  });
  const headers = { host: url.host, 'x-amz-content-sha256': createHash('sha256').update(body).digest('hex') };
  const target = { method, protocol: url.protocol, hostname: url.hostname, port: Number(url.port), path, query };
  const signed = await signer.sign({ ...target, headers, body });
  const search = new URLSearchParams(query).toString();
  const whole = new URL(search === '' ? path : `${path}?${search}`, url);
  const options = {
    method,
    headers: { ...signed.headers, 'content-length': Buffer.byteLength(body) },
    timeout: 30_000,
  };
  const agent = url.protocol === 'https:' ? new Agent({ ca, minVersion: 'TLSv1.2' }) : undefined;
  return new Promise((resolve, reject) => {
    const begin = agent ? secureRequest : plainRequest;
    const sent = begin(whole, { ...options, agent }, response => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text = (text + chunk).slice(0, 65_536)));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.once('error', reject);
    });
    sent.once('error', reject);
    sent.once('timeout', () => sent.destroy(Object.assign(new Error('no answer'), { name: 'TimeoutError' })));
    sent.end(body);
  });
}

/** As the signer wants a hash to be. */
class Sha256 {
  readonly #secret: Uint8Array | string | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: unknown) {
    this.#secret = secret === undefined ? undefined : toBytes(secret);
    this.#hash = this.#begin();
  }

  update(data: unknown): void {
    this.#hash.update(toBytes(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }

  reset(): void {
    this.#hash = this.#begin();
  }

  #begin(): Hash | Hmac {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
  }
}

function toBytes(value: unknown): Uint8Array | string {
  if (typeof value === 'string') return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  const { buffer, byteOffset, byteLength } = value as Uint8Array;
  return new Uint8Array(buffer, byteOffset, byteLength);
}
