/** Which of S3's operations a request is, and whether a key's rights include it. Pure. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Rights } from '../auth/keys.ts';
import { S3Error, type S3ErrorCode } from '../protocol/errors.ts';
import type { Target } from '../protocol/target.ts';

/** What each asks for: `read`, `add` what isn't there, `change` what is. */
const NEEDS = {
  ListBuckets: 'read',
  CreateBucket: 'change',
  HeadBucket: 'read',
  GetBucketLocation: 'read',
  GetBucketVersioning: 'read',
  ListObjects: 'read',
  ListObjectsV2: 'read',
  ListMultipartUploads: 'read',
  DeleteObjects: 'change',
  GetObject: 'read',
  HeadObject: 'read',
  PutObject: 'add',
  CopyObject: 'add',
  DeleteObject: 'change',
  CreateMultipartUpload: 'add',
  UploadPart: 'add',
  UploadPartCopy: 'add',
  CompleteMultipartUpload: 'add',
  AbortMultipartUpload: 'add',
  ListParts: 'read',
} as const;

export type Operation = keyof typeof NEEDS;

const GRANTS: Record<Rights, readonly string[]> = {
  owner: ['read', 'add', 'change'],
  archive: ['read', 'add'],
  read: ['read'],
};

/** @throws S3Error `AccessDenied` */
export function checkRights(operation: Operation, rights: Rights): void {
  if (!GRANTS[rights].includes(NEEDS[operation]))
    throw new S3Error('AccessDenied', `The access key has the rights "${rights}", which don't include ${operation}`);
}

/** @throws S3Error for what isn't offered */
export function operationOf(method: string, target: Target, headers: IncomingHttpHeaders): Operation {
  const names = new Set(target.query.map(([name]) => name));
  const refused = [...names].find(name => NOT_OFFERED.has(name));
  if (refused !== undefined) throw notOffered(refused, method, target);
  if (target.bucket === undefined) return serviceOperation(method);
  return target.key === undefined ? bucketOperation(method, names, target) : objectOperation(method, names, headers);
}

function serviceOperation(method: string): Operation {
  if (method === 'GET') return 'ListBuckets';
  throw new S3Error('MethodNotAllowed');
}

function bucketOperation(method: string, names: Set<string>, { query }: Target): Operation {
  switch (method) {
    case 'HEAD':
      return 'HeadBucket';
    case 'PUT':
      return 'CreateBucket';
    case 'POST':
      if (names.has('delete')) return 'DeleteObjects';
      throw new S3Error('NotImplemented', 'Uploads by HTML forms are not offered');
    case 'DELETE':
      throw new S3Error('AccessDenied', 'A bucket is deleted by deleting its claim');
    case 'GET':
      if (names.has('location')) return 'GetBucketLocation';
      if (names.has('versioning')) return 'GetBucketVersioning';
      if (names.has('uploads')) return 'ListMultipartUploads';
      return query.some(([name, value]) => name === 'list-type' && value === '2') ? 'ListObjectsV2' : 'ListObjects';
    default:
      throw new S3Error('MethodNotAllowed');
  }
}

function objectOperation(method: string, names: Set<string>, headers: IncomingHttpHeaders): Operation {
  const copies = headers['x-amz-copy-source'] !== undefined;
  const ofUpload = names.has('uploadId');
  switch (method) {
    case 'HEAD':
      return 'HeadObject';
    case 'GET':
      return ofUpload ? 'ListParts' : 'GetObject';
    case 'PUT':
      if (ofUpload !== names.has('partNumber'))
        throw new S3Error('InvalidArgument', 'uploadId and partNumber go together');
      if (ofUpload) return copies ? 'UploadPartCopy' : 'UploadPart';
      return copies ? 'CopyObject' : 'PutObject';
    case 'POST':
      if (names.has('uploads')) return 'CreateMultipartUpload';
      if (ofUpload) return 'CompleteMultipartUpload';
      throw new S3Error('MethodNotAllowed');
    case 'DELETE':
      return ofUpload ? 'AbortMultipartUpload' : 'DeleteObject';
    default:
      throw new S3Error('MethodNotAllowed');
  }
}

/** Parts of S3 that have a query parameter of their own and that this server doesn't have. */
const NOT_OFFERED = new Set([
  ...[
    'accelerate',
    'acl',
    'analytics',
    'attributes',
    'cors',
    'encryption',
    'intelligent-tiering',
    'inventory',
    'legal-hold',
  ],
  ...['lifecycle', 'logging', 'metrics', 'notification', 'object-lock', 'ownershipControls', 'policy', 'policyStatus'],
  ...['publicAccessBlock', 'replication', 'requestPayment', 'restore', 'retention', 'select', 'session', 'tagging'],
  ...['torrent', 'versions', 'website'],
]);

/** What S3 answers where nothing of the kind was set: clients that look around take it for a plain bucket. */
const NOTHING_SET: Record<string, S3ErrorCode> = {
  cors: 'NoSuchCORSConfiguration',
  encryption: 'ServerSideEncryptionConfigurationNotFoundError',
  lifecycle: 'NoSuchLifecycleConfiguration',
  'object-lock': 'ObjectLockConfigurationNotFoundError',
  policy: 'NoSuchBucketPolicy',
  policyStatus: 'NoSuchBucketPolicy',
  tagging: 'NoSuchTagSet',
  website: 'NoSuchWebsiteConfiguration',
};

function notOffered(name: string, method: string, { key }: Target): S3Error {
  const code = method === 'GET' && key === undefined ? NOTHING_SET[name] : undefined;
  return code ? new S3Error(code) : new S3Error('NotImplemented', `"${name}" is not offered`);
}
