/** What `global/pg_control` says of the server that wrote it; only of layouts that are known. Pure. */
import type { ControlSettings } from './first-start.ts';

export interface ControlFacts {
  systemIdentifier: string;
  /** Whether pages carry checksums. */
  checksums: boolean;
  settings: ControlSettings;
}

/** `pg_control_version` of 13 to 16, 17, and 18: what is read here lies at the same places in all of them. */
const LAYOUTS = new Set([1300, 1700, 1800]);
const LENGTH = 256;

export function readControlFile(content: Buffer): ControlFacts | undefined {
  if (content.length < LENGTH || !LAYOUTS.has(content.readUInt32LE(8))) return undefined;
  return {
    systemIdentifier: content.readBigUInt64LE(0).toString(),
    checksums: content.readUInt32LE(252) !== 0,
    settings: {
      max_connections: content.readUInt32LE(180),
      max_worker_processes: content.readUInt32LE(184),
      max_wal_senders: content.readUInt32LE(188),
      max_prepared_transactions: content.readUInt32LE(192),
      max_locks_per_transaction: content.readUInt32LE(196),
    },
  };
}
