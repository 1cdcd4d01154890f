/** Looks at the same processes again and again, at the price of one read each: their files in /proc stay open. */
import { closeSync, openSync, readSync } from 'node:fs';
import { isAlive, type ProcessRef } from './process.ts';

/** More than the file ever holds. */
const STAT_BYTES = 1024;

/** The file of one process stays that process's own: who gets its id later has another. Close it with `close`. */
export class ProcessWatch {
  readonly #files = new Map<string, number>();
  readonly #buffer = Buffer.alloc(STAT_BYTES);

  /** Whether that very process still runs, as `isAlive`. The first look at one opens its file. */
  isAlive(ref: ProcessRef): boolean {
    const key = keyOf(ref);
    const known = this.#files.get(key) ?? this.#open(ref, key);
    if (known !== undefined && this.#runs(known)) return true;
    this.#close(key);
    return false;
  }

  /** Closes the files of all but these. */
  keep(refs: Iterable<ProcessRef>): void {
    const wanted = new Set([...refs].map(keyOf));
    for (const key of [...this.#files.keys()]) if (!wanted.has(key)) this.#close(key);
  }

  close(): void {
    this.keep([]);
  }

  #open(ref: ProcessRef, key: string): number | undefined {
    try {
      const file = openSync(`/proc/${ref.pid}/stat`, 'r');
      this.#files.set(key, file);
      // Asked after opening: what was opened is then that process's, if it is that one that has the id now.
      return isAlive(ref) ? file : undefined;
    } catch {
      return undefined;
    }
  }

  /** The state is the first field after the name, which may hold brackets itself. */
  #runs(file: number): boolean {
    try {
      const length = readSync(file, this.#buffer, 0, STAT_BYTES, 0);
      const end = this.#buffer.subarray(0, length).lastIndexOf(')');
      const state = String.fromCharCode(this.#buffer[end + 2] ?? 0);
      return state !== 'Z' && state !== 'X';
    } catch {
      return false; // its remains are gone too
    }
  }

  #close(key: string): void {
    const file = this.#files.get(key);
    this.#files.delete(key);
    if (file !== undefined) closeSync(file);
  }
}

function keyOf({ pid, startTicks, bootId }: ProcessRef): string {
  return `${pid} ${startTicks} ${bootId}`;
}
