/**
 * `plane.json`: which process is the plane and where it serves. It is written when a plane starts and when it serves, and stays after
 * its end: a reader asks whether that very process runs, so a stale record never misleads.
 */
import { isAlive, type ProcessRef } from '@larder/postgres';
import { findText, writeFileAtomic } from '../home/files.ts';
import type { Home } from '../home/home.ts';
import type { ListenWish } from './listen.ts';

/** Addresses; null for what this plane doesn't serve. */
export interface Endpoints {
  api: string | null;
  metrics: string | null;
  s3: string | null;
}

export interface PlaneRecord extends ProcessRef {
  /** `starting` until the API serves; `stopped` after an orderly end. */
  phase: 'starting' | 'serving' | 'stopped';
  version: string;
  /** RFC 3339. */
  startedAt: string;
  endpoints: Endpoints;
  /** Taken again at the next start where it is free, so that kubeconfigs stay right. */
  apiPort?: number;
  /** Where servers listen beside loopback; kept until another is asked for. */
  listen?: ListenWish;
  /** Which sources the plane runs from: another build takes effect with the next start. */
  build?: string;
}

/** The last plane of this home, running or not; `undefined` when there was none or the record is damaged. */
export function findPlaneRecord(home: Home): PlaneRecord | undefined {
  try {
    const record = JSON.parse(findText(home.planeRecord) ?? 'null') as PlaneRecord | null;
    return typeof record?.pid === 'number' && typeof record.startTicks === 'number' ? record : undefined;
  } catch {
    return undefined;
  }
}

/** The record of the plane that runs now. */
export function findRunningPlane(home: Home): PlaneRecord | undefined {
  const record = findPlaneRecord(home);
  return record && isAlive(record) ? record : undefined;
}

export function writePlaneRecord(home: Home, record: PlaneRecord): void {
  writeFileAtomic(home.planeRecord, `${JSON.stringify(record, null, 2)}\n`);
}
