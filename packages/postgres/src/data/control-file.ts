/**
 * `global/pg_control`: who a data directory is. A copied directory must not keep the identity of its template, so the
 * system identifier and the nonce that hides which logins exist are written anew. Layouts that aren't known are not touched.
 */
import { crc32c } from './crc32c.ts';

export interface ControlFile {
  /** As PostgreSQL prints it. */
  systemIdentifier: string;
  /** `pg_control_version`: 1300 for 13 to 16, 1700 for 17, 1800 for 18. */
  layout: number;
}

/** Where the nonce and the checksum lie in each layout, in bytes, on 64-bit little-endian machines. */
const LAYOUTS: Record<number, { nonce: number; crc: number }> = {
  1300: { nonce: 256, crc: 288 },
  1700: { nonce: 256, crc: 288 },
  1800: { nonce: 257, crc: 292 },
};

export const NONCE_BYTES = 32;

/** What the file says; `damaged` when it is too short or its checksum is wrong; `unknown` for a layout that can't be judged. */
export function parseControlFile(content: Buffer): ControlFile | 'damaged' | 'unknown' {
  if (content.length < 12) return 'damaged';
  const layout = content.readUInt32LE(8);
  const known = LAYOUTS[layout];
  if (known === undefined) return layout === 0 ? 'damaged' : 'unknown';
  if (content.length < known.crc + 4) return 'damaged';
  if (content.readUInt32LE(known.crc) !== crc32c(content.subarray(0, known.crc))) return 'damaged';
  return { systemIdentifier: content.readBigUInt64LE(0).toString(), layout };
}

/** A copy of `content` with another identity; undefined when its layout isn't known or it is damaged. */
export function withIdentity(content: Buffer, systemIdentifier: bigint, nonce: Buffer): Buffer | undefined {
  const parsed = parseControlFile(content);
  if (typeof parsed === 'string') return undefined;
  const { nonce: at, crc } = LAYOUTS[parsed.layout]!;
  const changed = Buffer.from(content);
  changed.writeBigUInt64LE(systemIdentifier, 0);
  nonce.copy(changed, at, 0, NONCE_BYTES);
  changed.writeUInt32LE(crc32c(changed.subarray(0, crc)), crc);
  return changed;
}

/**
 * The long header of a WAL segment's first page names the system too: `xlp_magic` (2), `xlp_info` (2, bit 1: long),
 * timeline (4), address (8), remaining (4), padding (4), system identifier (8). True when it was one and was changed.
 */
export function identifyWalPage(page: Buffer, from: bigint, to: bigint): boolean {
  const long = 0x0002;
  if ((page.readUInt16LE(2) & long) === 0 || page.readBigUInt64LE(24) !== from) return false;
  page.writeBigUInt64LE(to, 24);
  return true;
}
