/** What an instance's storage means: enough, nearly used up, or so full that new sessions only read. */
import type { PostgresServerStatus } from '@larder/catalog';
import type { Disk } from './disk.ts';
import { unwell, type Finding } from './status.ts';
import type { Work } from './work.ts';

export type StorageLevel = 'ok' | 'warn' | 'full';

const WARN = 0.85;
const FULL = 0.95;

/** Growth and clearing away lift it by themselves. */
export function storageLevel(used: number, size: number): StorageLevel {
  if (used >= size * FULL) return 'full';
  return used >= size * WARN ? 'warn' : 'ok';
}

export function storageFindings({ memory, object, plane }: Work): Finding[] {
  const { storage } = memory;
  if (!storage) return [];
  if (storage.readOnly && storage.level !== 'full') return [diskFinding(plane.disk)];
  if (storage.level === 'ok') return [];
  const share = `${Math.floor((100 * storage.used) / object.spec.storageBytes)} % of the storage is used`;
  if (storage.level === 'warn') {
    return [
      unwell('StorageOk', 'NearlyFull', `${share}; at 95 % sessions become read-only: delete data, or ask for more`),
    ];
  }
  const message =
    `${share}: new sessions are read-only and writing ones are ended; ask for more storage, or, to delete data, ` +
    'begin with SET default_transaction_read_only = off';
  return [unwell('StorageOk', 'Full', message)];
}

/** Stable text: how much is free changes all the time. */
function diskFinding({ floor }: Disk): Finding {
  const message =
    `the disk of this machine has less than ${inMebibytes(floor)} left, which all its servers share: new sessions are ` +
    'read-only and writing ones are ended until there is room again; free space on the disk, or, to delete data, ' +
    'begin with SET default_transaction_read_only = off';
  return unwell('StorageOk', 'DiskNearlyFull', message);
}

export function storageFacts({ memory, object }: Work): Partial<PostgresServerStatus> {
  const size = inMebibytes(object.spec.storageBytes);
  return memory.storage ? { storage: { used: inMebibytes(memory.storage.used), size } } : {};
}

/** As it is shown. */
export function inMebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)}Mi`;
}
