/** Brings what was written to the disk: one `syncfs` instead of thousands of fsyncs, and most of it while more is being written. */
import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

/** Between two syncs on the way, each of which may find this much to write. */
const ON_THE_WAY = 128 * 2 ** 20;

export class Disk {
  readonly #folder: string;
  #written = 0;
  #underWay: Promise<void> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Tells of bytes that were handed to the system. */
  wrote(bytes: number): void {
    this.#written += bytes;
    if (this.#written < ON_THE_WAY || this.#underWay) return;
    this.#written = 0;
    const syncing = sync(this.#folder).then(() => (this.#underWay = undefined));
    // Heard by who waits for the end: what failed once may have been lost, whatever a second sync says.
    syncing.catch(() => undefined);
    this.#underWay = syncing;
  }

  /** All that was written below the folder, and the folder's own name, is on the disk when it resolves. */
  async settle(): Promise<void> {
    await this.#underWay;
    await sync(this.#folder);
    const parent = await open(dirname(this.#folder), 'r');
    try {
      await parent.sync();
    } finally {
      await parent.close();
    }
  }

  /** Nothing goes on when it resolves. Never throws. */
  async idle(): Promise<void> {
    await this.#underWay?.catch(() => undefined);
  }
}

async function sync(folder: string): Promise<void> {
  await promisify(execFile)('sync', process.platform === 'linux' ? ['-f', folder] : []);
}
