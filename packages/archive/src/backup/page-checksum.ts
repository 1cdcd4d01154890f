/**
 * PostgreSQL's checksum of a page of 8 kB: 32 FNV-1a sums side by side over the page with its checksum as zero, folded, mixed with the
 * block's number. Pure.
 */

export const PAGE_BYTES = 8192;
/** Where a page keeps it (`pd_checksum`), in bytes. */
const CHECKSUM_AT = 8;
/** `pd_upper`: zero on a page that was added to a file and never used. */
const UPPER_AT = 14;
const LANES = 32;
const PRIME = 16777619;

/** Where each sum begins: PostgreSQL's own random numbers. */
const BASES = Int32Array.of(
  ...[0x5b1f36e9, 0xb8525960, 0x02ab50aa, 0x1de66d2a, 0x79ff467a, 0x9bb9f8a3, 0x217e7cd2, 0x83e13d2c],
  ...[0xf8d4474f, 0xe39eb970, 0x42c6ae16, 0x993216fa, 0x7b093b5d, 0x98daff3c, 0xf718902a, 0x0b1c9cdb],
  ...[0xe58f764b, 0x187636bc, 0x5d7b3bb1, 0xe73de7de, 0x92bec979, 0xcca6c0b2, 0x304a0979, 0x85aa43d4],
  ...[0x783125bb, 0x6ca8eaa2, 0xe407eac6, 0x4b5cfc3e, 0x9fbf8c76, 0x15ca20be, 0xf2ca9fd3, 0x959bd756],
);

export type PageState =
  | 'whole'
  /** Never used: it has no checksum. */
  | 'new'
  /** Written after the backup began: the log has it, whatever was read here. */
  | 'recent'
  | 'damaged';

/** Judges pages of one file. Not for use by two at once: it keeps a copy of the page. */
export class PageChecker {
  readonly #startLsn: bigint;
  readonly #page = new ArrayBuffer(PAGE_BYTES);
  readonly #words = new Int32Array(this.#page);
  readonly #bytes = new Uint8Array(this.#page);

  /** @param startLsn where the backup's log begins: what is newer is mended by recovery */
  constructor(startLsn: bigint) {
    this.#startLsn = startLsn;
  }

  /** Looks at the page at `offset`; `block` counts from the relation's beginning, over all its segments. */
  judge(buffer: Buffer, offset: number, block: number): PageState {
    if (buffer.readUInt16LE(offset + UPPER_AT) === 0) return 'new';
    const kept = buffer.readUInt16LE(offset + CHECKSUM_AT);
    if (kept === this.#checksum(buffer, offset, block)) return 'whole';
    const lsn = (BigInt(buffer.readUInt32LE(offset)) << 32n) | BigInt(buffer.readUInt32LE(offset + 4));
    return lsn >= this.#startLsn ? 'recent' : 'damaged';
  }

  /** Four sums at a time, each in a variable of its own: measured, more than twice as fast as all of them in an array. */
  #checksum(buffer: Buffer, offset: number, block: number): number {
    const words = this.#words;
    this.#bytes.set(buffer.subarray(offset, offset + PAGE_BYTES));
    this.#bytes[CHECKSUM_AT] = 0;
    this.#bytes[CHECKSUM_AT + 1] = 0;
    let folded = block;
    for (let lane = 0; lane < LANES; lane += 4) {
      let a = BASES[lane]!;
      let b = BASES[lane + 1]!;
      let c = BASES[lane + 2]!;
      let d = BASES[lane + 3]!;
      for (let at = lane; at < words.length; at += LANES) {
        a = mix(a ^ words[at]!);
        b = mix(b ^ words[at + 1]!);
        c = mix(c ^ words[at + 2]!);
        d = mix(d ^ words[at + 3]!);
      }
      folded ^= mix(mix(a)) ^ mix(mix(b)) ^ mix(mix(c)) ^ mix(mix(d));
    }
    return ((folded >>> 0) % 65535) + 1;
  }
}

function mix(sum: number): number {
  return Math.imul(sum, PRIME) ^ (sum >>> 17);
}
