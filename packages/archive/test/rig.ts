/** A real S3 server with a bucket, and a proxy before it that makes faults on the wire. Everything goes when it is closed. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ensureBucket,
  keyFolder,
  newAccessKey,
  startObjectStore,
  type AccessKey,
  type Rights,
} from '@larder/objectstore';
import type { Destination } from '@larder/archive';
import { startProxy, type Proxy } from './proxy.ts';

export { faultsOf, randomFaults, type Fault } from './proxy.ts';

export interface Rig extends Omit<Proxy, 'url'> {
  destination: Destination;
  /** The folder of the bucket's objects. */
  objects: string;
  owner: AccessKey;
  newKey(rights: Rights): Promise<AccessKey>;
  removeKey(key: AccessKey): Promise<void>;
  folder: string;
}

export const BUCKET = 'archive';

export async function startRig({ prefix = '', serverName = 'server-17-1' } = {}): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'larder-archive-'));
  const buckets = join(folder, 'buckets');
  const keys = keyFolder(join(folder, 'keys'));
  await ensureBucket(buckets, BUCKET);
  const store = await startObjectStore({ folder: buckets, keys });
  const newKey = async (rights: Rights): Promise<AccessKey> => {
    const key = newAccessKey(BUCKET, rights);
    await keys.write(key);
    return key;
  };
  const owner = await newKey('owner');
  const proxy = await startProxy(store.port);
  const { accessKeyId, secretAccessKey } = owner;
  const close = proxy.close.bind(proxy);
  return Object.assign(proxy, {
    destination: {
      endpoint: proxy.url,
      region: 'us-east-1',
      bucket: BUCKET,
      prefix,
      serverName,
      accessKeyId,
      secretAccessKey,
    },
    objects: join(buckets, BUCKET, 'objects'),
    owner,
    newKey,
    removeKey: (key: AccessKey) => keys.remove(key.accessKeyId),
    folder,
    async close() {
      await close();
      await store.close(0);
      await rm(folder, { recursive: true, force: true });
    },
  });
}

export function bytes(size: number): Buffer {
  return randomBytes(size);
}
