/** The buckets that are served: one object each while its folder stays the same, since it holds the locks of its keys. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BucketFolder } from './bucket.ts';

export class Buckets {
  readonly #root: string;
  readonly #open = new Map<string, { inode: number; bucket: BucketFolder }>();

  constructor(root: string) {
    this.#root = root;
  }

  /** `undefined` when there is none. A bucket that was removed and made again is another. */
  async find(name: string): Promise<BucketFolder | undefined> {
    const seen = await stat(join(this.#root, name, 'objects')).catch(() => undefined);
    if (!seen?.isDirectory()) {
      this.#open.delete(name);
      return undefined;
    }
    const known = this.#open.get(name);
    if (known?.inode === seen.ino) return known.bucket;
    const bucket = new BucketFolder(this.#root, name);
    this.#open.set(name, { inode: seen.ino, bucket });
    return bucket;
  }
}
