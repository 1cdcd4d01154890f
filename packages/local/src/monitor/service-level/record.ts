/**
 * The service level's record of one instance on disk: eight bytes a minute in a ring of 93 days, so that it has its size for ever and
 * the last whole month is always in it. A minute is written in one go where it belongs: whoever is killed loses that write, no more.
 */
import { closeSync, constants, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Minute } from '@larder/catalog';

/** How many minutes it holds. */
export const RECORD_MINUTES = 93 * 1440;

const SLOT = 8;

export function recordPath(monitorFolder: string, server: string): string {
  return join(monitorFolder, 'service-level', `${server}.ring`);
}

/** Open for writing. */
export class LevelRecord {
  readonly #file: number;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  }

  /** `at` is in minutes since 1970. */
  write(at: number, minute: Minute): void {
    writeSync(this.#file, slotOf(at, minute), 0, SLOT, (at % RECORD_MINUTES) * SLOT);
  }

  read(from: number, to: number): (Minute | undefined)[] {
    return readMinutes(this.#file, from, to);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** The minutes from `from` to before `to`; `undefined` for each that isn't known. A record that isn't there has none. */
export function readRecord(path: string, from: number, to: number): (Minute | undefined)[] {
  let file;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return Array<undefined>(Math.max(0, to - from)).fill(undefined);
  }
  try {
    return readMinutes(file, from, to);
  } finally {
    closeSync(file);
  }
}

export function removeRecord(path: string): void {
  rmSync(path, { force: true });
}

function readMinutes(file: number, from: number, to: number): (Minute | undefined)[] {
  const whole = Buffer.alloc(RECORD_MINUTES * SLOT);
  readSync(file, whole, 0, whole.length, 0);
  const minutes: (Minute | undefined)[] = [];
  for (let at = from; at < to; at += 1) minutes.push(minuteIn(whole, at));
  return minutes;
}

function slotOf(at: number, { up, down, maintenance }: Minute): Buffer {
  const slot = Buffer.alloc(SLOT);
  slot.writeUInt32LE(at, 0);
  slot.set([up, down, maintenance], 4);
  slot[7] = checkOf(slot);
  return slot;
}

/** Another minute's, or what no one wrote that way, is as good as nothing. */
function minuteIn(whole: Buffer, at: number): Minute | undefined {
  const offset = (at % RECORD_MINUTES) * SLOT;
  const slot = whole.subarray(offset, offset + SLOT);
  if (slot.readUInt32LE(0) !== at || slot[7] !== checkOf(slot)) return undefined;
  const [up = 0, down = 0, maintenance = 0] = slot.subarray(4, 7);
  return up + down + maintenance > 60 ? undefined : { up, down, maintenance };
}

function checkOf(slot: Buffer): number {
  return slot.subarray(0, 7).reduce((sum, byte) => (sum * 31 + byte + 1) & 0xff, 7);
}
