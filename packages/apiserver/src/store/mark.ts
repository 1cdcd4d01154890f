/**
 * The last acknowledged revision, written beside the database after each commit and before its answer.
 *
 * SQLite reads its write-ahead log up to the first bad frame and drops the rest without a word, as it must after a power loss. With
 * the mark we know better: a store that ends before it has lost what somebody was told is safe. The mark itself isn't synced: the
 * kernel keeps it when we die, and after a power loss it may lag, never lead.
 */
import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';

export class Mark {
  readonly #file: number;

  constructor(path: string) {
    // Opened for writing in place, made when absent, never truncated.
    this.#file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  }

  set(revision: number): void {
    try {
      writeSync(this.#file, spell(revision), 0);
    } catch {
      // A lagging mark only proves less.
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** The last mark that was set; 0 when there is none that can be trusted. */
export function readMark(path: string): number {
  try {
    const text = readFileSync(path, 'utf8');
    const revision = Number.parseInt(text, 10);
    return text === spell(revision) ? revision : 0;
  } catch {
    return 0;
  }
}

/** Always of one length, so that overwriting leaves nothing of the last. */
function spell(revision: number): string {
  return `${String(revision).padStart(16)} ${String(crc32(String(revision))).padStart(10)}\n`;
}
