/** What concerns buckets as a whole. */
import { ensureBucket, hasBucket, listBuckets as listFolders } from '../folder/bucket.ts';
import { removeObject } from '../folder/objects.ts';
import { readText } from '../body/body.ts';
import { S3Error } from '../protocol/errors.ts';
import { checkKey } from '../protocol/target.ts';
import { elementsOf, parseXml, textOf, xmlDocument, type XmlElements } from '../protocol/xml.ts';
import { queryOf, xmlReply, type BucketCall, type Call, type Reply } from './call.ts';
import { OWNER } from './lists.ts';

/** Of DeleteObjects. */
const MOST_KEYS = 1000;
const LONGEST_LIST = 2 * 1024 ** 2;

/** The one bucket that the key sees. */
export async function listBuckets(call: Call): Promise<Reply> {
  const { bucket: own } = call.identity.key;
  const prefix = queryOf(call, 'prefix') ?? '';
  const found = (await listFolders(call.root)).filter(({ name }) => name === own && name.startsWith(prefix));
  const Bucket = found.map(({ name, createdAt }) => ({ Name: name, CreationDate: createdAt.toISOString() }));
  return xmlReply(xmlDocument('ListAllMyBucketsResult', { Owner: OWNER, Buckets: { Bucket } }));
}

/** Only the bucket that the key is for, so in general it is there already. */
export async function createBucket(call: Call): Promise<Reply> {
  const name = call.target.bucket ?? '';
  if (name !== call.identity.key.bucket) throw new S3Error('AccessDenied', 'A bucket is made by making a claim');
  if (await hasBucket(call.root, name)) throw new S3Error('BucketAlreadyOwnedByYou', undefined, { BucketName: name });
  await ensureBucket(call.root, name);
  return { status: 200, headers: { Location: `/${name}` } };
}

export async function headBucket({ region }: Call): Promise<Reply> {
  return { status: 200, headers: { 'x-amz-bucket-region': region } };
}

/** S3 writes nothing for its oldest region. */
export async function getBucketLocation({ region }: Call): Promise<Reply> {
  return xmlReply(xmlDocument('LocationConstraint', region === 'us-east-1' ? {} : { '#text': region }));
}

/** None, and never was. */
export async function getBucketVersioning(): Promise<Reply> {
  return xmlReply(xmlDocument('VersioningConfiguration', {}));
}

export async function deleteObjects(call: BucketCall): Promise<Reply> {
  const request = parseXml(await readText(call.body(), LONGEST_LIST), 'Delete');
  const quiet = textOf(request, 'Quiet')?.trim() === 'true';
  const objects = elementsOf(request, 'Object');
  if (objects.length === 0 || objects.length > MOST_KEYS) throw new S3Error('MalformedXML');
  const Deleted: XmlElements[] = [];
  const Errors: XmlElements[] = [];
  for (const object of objects) {
    const key = textOf(object, 'Key') ?? '';
    try {
      await deleteOne(call, object, key);
      Deleted.push({ Key: key });
    } catch (error) {
      const { code, message } = error instanceof S3Error ? error : new S3Error('InternalError');
      Errors.push({ Key: key, Code: code, Message: message });
    }
  }
  return xmlReply(xmlDocument('DeleteResult', { Deleted: quiet ? [] : Deleted, Error: Errors }));
}

async function deleteOne({ bucket }: BucketCall, object: XmlElements, key: string): Promise<void> {
  checkKey(key);
  const version = textOf(object, 'VersionId');
  if (version !== undefined && version !== 'null') throw new S3Error('NoSuchVersion');
  const etag = textOf(object, 'ETag')?.replaceAll('"', '');
  await removeObject(bucket, key, current => {
    if (etag !== undefined && current?.etag !== etag) throw new S3Error('PreconditionFailed');
  });
}
