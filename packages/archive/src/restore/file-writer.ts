/** Writes one file from its beginning: large pieces on other threads, so that what comes next is made ready meanwhile. */
import { closeSync, write as writeCallback, writeSync } from 'node:fs';
import { promisify } from 'node:util';

const write = promisify(writeCallback);

/** Below it a call on this thread takes less than one on another. */
const LARGE = 64 * 1024;

/** Pieces under way. */
const AT_ONCE = 2;

export class FileWriter {
  readonly #file: number;
  readonly #underWay: Promise<void>[] = [];
  #at = 0;

  /** @param file open for writing; `close` closes it */
  constructor(file: number) {
    this.#file = file;
  }

  /** Resolves when there is room for another piece. Nobody may change this one until the file is closed. */
  async write(piece: Buffer): Promise<void> {
    const at = this.#at;
    this.#at += piece.length;
    if (piece.length < LARGE) {
      for (let done = 0; done < piece.length;) done += writeSync(this.#file, piece, done, undefined, at + done);
      return;
    }
    const writing = this.#writeAll(piece, at);
    // Awaited in its turn.
    writing.catch(() => undefined);
    this.#underWay.push(writing);
    if (this.#underWay.length > AT_ONCE) await this.#underWay.shift();
  }

  /** @throws what went wrong with any piece. The file is closed in any case, and nothing goes on in it */
  async close(): Promise<void> {
    const ends = await Promise.allSettled(this.#underWay);
    closeSync(this.#file);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  async #writeAll(piece: Buffer, at: number): Promise<void> {
    for (let done = 0; done < piece.length;) {
      const { bytesWritten } = await write(this.#file, piece, done, piece.length - done, at + done);
      done += bytesWritten;
    }
  }
}
