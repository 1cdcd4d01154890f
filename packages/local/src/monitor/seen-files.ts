/**
 * Which files have changed since they were looked at last: they are looked at each second, and written now and then. Whatever is renamed
 * into place is another file.
 */
import { statSync } from 'node:fs';

export class SeenFiles {
  readonly #seen = new Map<string, string>();

  /** Also for one that is gone, or is new. Asked again without a change in between, it says no. */
  hasNews(path: string): boolean {
    const found = statSync(path, { throwIfNoEntry: false });
    const now = found === undefined ? '' : `${found.ino} ${found.mtimeMs} ${found.size}`;
    if (this.#seen.get(path) === now) return false;
    this.#seen.set(path, now);
    return true;
  }

  forget(path: string): void {
    this.#seen.delete(path);
  }
}
