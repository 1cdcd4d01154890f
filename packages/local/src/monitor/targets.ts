/**
 * What the monitor is to measure: `monitor/targets/<server>.json`, written by the plane, read by the monitor. They outlive the plane, and
 * the facts in them are what was last known of the claim.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessRef } from '@larder/postgres';
import { findText, replaceFile } from '../home/files.ts';
import type { MonitorPlace } from './place.ts';

/** A login is in it: a target is a secret. */
export interface Target {
  server: string;
  /** Of the claim; without one the server's own name stands for it. */
  namespace: string;
  claim: string;
  /** Of the claim's metrics: lets whoever knows it read them, and nothing else. */
  token: string;
  endpoint: { socketFolder: string; port: number };
  login: { user: string; password: string };
  database: string;
  /** Of the server's process, as it was started last. */
  process?: ProcessRef;
  facts: Facts;
}

/** Moments are in seconds since 1970; what isn't known is absent. */
export interface Facts {
  at: number;
  version?: string;
  endpoint?: string;
  ready: boolean;
  alerts: boolean;
  certificateExpiry?: number;
  endOfLife?: number;
  pendingChanges: number;
  maintenance: boolean;
  storageSize?: number;
  storageUsed?: number;
  backups: boolean;
  lastBackup?: number;
  backupFailingSince?: number;
  backupInterval?: number;
  recoverableFrom?: number;
  recoverableTo?: number;
  archiveHealthy?: boolean;
  lastDrillPassed?: number;
  lastDrillResult?: boolean;
}

type Place = Pick<MonitorPlace, 'targets'>;

/** May run twice: a target that stands already isn't touched. */
export function writeTarget(place: Place, target: Target): void {
  const path = pathOf(place, target.server);
  const text = `${JSON.stringify(target, null, 2)}\n`;
  if (findText(path) === text) return;
  mkdirSync(place.targets, { recursive: true, mode: 0o700 });
  replaceFile(path, text);
}

/** May run twice. */
export function removeTarget(place: Place, server: string): void {
  rmSync(pathOf(place, server), { force: true });
}

export function findTarget(place: Place, server: string): Target | undefined {
  const text = findText(pathOf(place, server));
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Target);
  } catch {
    return undefined; // a damaged disk; the plane writes it again
  }
}

/** Of the file that `findTarget` reads. */
export function targetPath(place: Place, server: string): string {
  return pathOf(place, server);
}

/** The servers with a target. */
export function listTargets(place: Place): string[] {
  try {
    return readdirSync(place.targets)
      .flatMap(name => (FILE.test(name) ? [name.slice(0, -'.json'.length)] : []))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

const FILE = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\.json$/;

function pathOf({ targets }: Place, server: string): string {
  if (FILE.test(`${server}.json`)) return join(targets, `${server}.json`);
  throw new Error(`cannot measure a server named ${JSON.stringify(server)}: that is no name of an object`);
}
