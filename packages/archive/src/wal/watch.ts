/** What a server wants archived: a look at `archive_status`, and the news that it is worth another one. */
import { watch, type FSWatcher } from 'node:fs';
import { eachName, openFolder, type OpenFolder } from './untrusted.ts';
import { inOrder, readyName } from './plan.ts';

/** So many are looked at; a tenant can put millions there. */
const MOST_NAMES = 2_048;

export interface ReadyFiles {
  /** The first ones, in order. */
  first: string[];
  /** Of those asked about, the ones that are still wanted. */
  still: Set<string>;
  /** Also of those that aren't in `first`. */
  count: number;
}

export class ArchiveStatus {
  readonly #instance: string;
  readonly #onNews: () => void;
  #watcher: FSWatcher | undefined;
  #watched: number | undefined;

  constructor(instance: string, onNews: () => void) {
    this.#instance = instance;
    this.#onNews = onNews;
  }

  /** Whether news come by themselves; else somebody has to look often. */
  get isWatched(): boolean {
    return this.#watcher !== undefined;
  }

  /** Nothing while there is no such folder. @throws PlantedError */
  async read(asked: ReadonlySet<string>): Promise<ReadyFiles> {
    const found: ReadyFiles = { first: [], still: new Set(), count: 0 };
    const folder = await openFolder(this.#instance, ['data', 'pg_wal', 'archive_status']).catch(ignoreMissing);
    if (!folder) return found;
    try {
      // Watched before it is read, or what comes between would be missed.
      await this.#watch(folder);
      await eachName(folder, entry => {
        const name = readyName(entry);
        if (name === undefined) return;
        found.count++;
        if (asked.has(name)) found.still.add(name);
        found.first.push(name);
        if (found.first.length >= 2 * MOST_NAMES) found.first = inOrder(found.first).slice(0, MOST_NAMES);
      });
    } finally {
      await folder.handle.close();
    }
    found.first = inOrder(found.first).slice(0, MOST_NAMES);
    return found;
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#watched = undefined;
  }

  async #watch(folder: OpenFolder): Promise<void> {
    const { ino } = await folder.handle.stat();
    if (this.#watcher && this.#watched === ino) return;
    this.close();
    try {
      this.#watcher = watch(folder.path, { persistent: false }, this.#onNews);
      this.#watcher.on('error', () => this.close());
      this.#watched = ino;
    } catch {
      this.close(); // the kernel's watches are used up: looking often does it too
    }
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
