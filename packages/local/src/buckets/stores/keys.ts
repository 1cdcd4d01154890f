/** Who may use a bucket: the port, and the keys of a versitygw that somebody else runs. */
import { ensureAccount, grantKeys, removeAccount, StoreError, type EndpointAccess } from '@larder/archive';
import { keyFolder, type AccessKey, type KeyFolder } from '@larder/objectstore';

/** Keys of buckets, each of one. */
export interface BucketKeys {
  /** It is good when it resolves. May run twice. */
  write(key: AccessKey): Promise<void>;
  /** All that were made of a bucket, and not removed. */
  ofBucket(bucket: string): Promise<AccessKey[]>;
  /** It is void when it resolves. May run twice. */
  remove(accessKeyId: string): Promise<void>;
}

/** So long nobody is asked again whether a key is still there (ms): a server may lose its accounts. */
const SURE_MS = 300_000;

/**
 * Each key is an account of the server, and written down here before it is made there: what was cut short is known, and made or removed at
 * the next trial.
 */
export class VersitygwKeys implements BucketKeys {
  readonly #written: KeyFolder;
  readonly #access: () => EndpointAccess;
  /** Those that this process has made, by id, and when (ms). */
  readonly #made = new Map<string, { secret: string; at: number }>();
  /** A bucket's policy is written as a whole, by one at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(folder: string, access: () => EndpointAccess) {
    this.#written = keyFolder(folder);
    this.#access = access;
  }

  async write(key: AccessKey): Promise<void> {
    if (this.#isMade(key)) return;
    await this.#alone(async () => {
      await this.#written.write(key);
      await this.#grant(key.bucket);
    });
  }

  ofBucket(bucket: string): Promise<AccessKey[]> {
    return this.#written.ofBucket(bucket);
  }

  async remove(accessKeyId: string): Promise<void> {
    const key = await this.#written.find(accessKeyId);
    if (!key) return;
    await this.#alone(async () => {
      await removeAccount(this.#access(), accessKeyId);
      this.#made.delete(accessKeyId);
      await this.#written.remove(accessKeyId);
      await this.#grant(key.bucket).catch((error: unknown) => {
        if (!(error instanceof StoreError) || error.kind !== 'missingBucket') throw error;
      });
    });
  }

  async #grant(bucket: string): Promise<void> {
    const access = this.#access();
    const keys = await this.#written.ofBucket(bucket);
    const fresh = keys.filter(each => !this.#isMade(each));
    for (const each of fresh) await ensureAccount(access, each);
    await grantKeys(access, bucket, keys);
    for (const { accessKeyId, secretAccessKey: secret } of fresh)
      this.#made.set(accessKeyId, { secret, at: performance.now() });
  }

  #isMade({ accessKeyId, secretAccessKey }: AccessKey): boolean {
    const made = this.#made.get(accessKeyId);
    return made?.secret === secretAccessKey && performance.now() - made.at < SURE_MS;
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
