/** S3's checksums, computed as bytes go by. Node has SHA, zlib's CRC32 comes with it, the other two CRCs come from hash-wasm. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { createCRC32, createCRC64 } from 'hash-wasm';
import type { ChecksumAlgorithm } from '../folder/sidecar.ts';

export interface RunningChecksum {
  update(chunk: Buffer): void;
  digest(): Buffer;
}

/** How many bytes a checksum has: anything else in a header is no checksum. */
export const CHECKSUM_BYTES: Record<ChecksumAlgorithm, number> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
};

export const CHECKSUM_ALGORITHMS = Object.keys(CHECKSUM_BYTES) as ChecksumAlgorithm[];

/** `x-amz-checksum-crc32c` and its like. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

export async function startChecksum(algorithm: ChecksumAlgorithm): Promise<RunningChecksum> {
  switch (algorithm) {
    case 'CRC32':
      return runningCrc32();
    case 'CRC32C':
      return running(await createCRC32(0x82f63b78));
    case 'CRC64NVME':
      return running(await createCRC64('9a6c9329ac4bc9b5'));
    case 'SHA1':
    case 'SHA256':
      return createHash(algorithm.toLowerCase());
  }
}

function runningCrc32(): RunningChecksum {
  let value = 0;
  return {
    update(chunk) {
      value = crc32(chunk, value);
    },
    digest() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes;
    },
  };
}

function running(hasher: Awaited<ReturnType<typeof createCRC32>>): RunningChecksum {
  hasher.init();
  return { update: chunk => void hasher.update(chunk), digest: () => Buffer.from(hasher.digest('binary')) };
}
