/** Where an archive is: an S3 endpoint, a bucket, a place in it, and the key to it. */
import type { ArchivePlace } from '../layout/keys.ts';

export interface Destination extends ArchivePlace {
  /** `https://host:port` */
  endpoint: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** PEM; beside it nobody is trusted. @default the machine's own CAs */
  ca?: string;
  /** Whether the bucket's name is in the path or in the host's name. @default path */
  addressing?: 'path' | 'virtual';
}

/** @throws Error that names the field, never a secret */
export function checkDestination(destination: Destination): void {
  const { endpoint, bucket, region, accessKeyId, secretAccessKey } = destination;
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.search !== '')
    throw new Error(`cannot use ${JSON.stringify(endpoint)} as an endpoint: it is like "https://host:9000"`);
  if (!/^[a-z0-9A-Z][a-zA-Z0-9._-]{1,253}$/.test(bucket))
    throw new Error(`cannot use ${JSON.stringify(bucket)} as a bucket: that is no name of one`);
  for (const [name, value] of Object.entries({ region, accessKeyId, secretAccessKey }))
    if (typeof value !== 'string' || value === '') throw new Error(`cannot use a destination without "${name}"`);
}
