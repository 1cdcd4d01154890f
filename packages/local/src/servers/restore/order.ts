/**
 * What the plane tells a restore's process, what that says of its work, and how far it has come. The steps, each of which may be cut
 * short and done again: fetched anew from the beginning; recovered, which PostgreSQL itself takes up where it was; secured; done.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Destination } from '@larder/archive';
import { writeDurably } from '@larder/postgres';

/** Holds secrets: it goes through a pipe and nowhere else. */
export interface RestoreOrder {
  /** Of the instance. */
  folder: string;
  /** Where the data directory is made, until it is done. */
  staging: string;
  /** Holds `postgres`. */
  bin: string;
  /** `17` */
  major: number;
  account: { uid: number; gid: number } | null;
  socketFolder: string;
  port: number;
  destination: Destination;
  backupId: string;
  /** RFC 3339. @default all of the log */
  targetTime?: string;
  /** A restore point of the old server, instead. */
  targetName?: string;
  /** Of the new server, as it will run. */
  settings: Record<string, string>;
  /** The plane's role gets it. */
  planePassword: string;
  database: string;
  owner: string;
  /** What its servers are held to, in the group that the server itself will have; absent: nothing. */
  limits?: { home: string; name: string; memoryBytes?: number; milliCpu?: number };
}

export type RestoreProgress =
  | { phase: 'fetching'; bytes: number; total: number }
  | { phase: 'recovering'; wal?: string; trouble?: string }
  | { phase: 'securing' };

/** A line on the process's standard output. */
export type RestoreSays = { progress: RestoreProgress } | { failed: string } | { done: true };

/** What the folder of the instance remembers; absent: nothing was fetched whole yet. */
export interface RestoreState {
  phase: 'recovering' | 'securing' | 'done';
  backupId: string;
  systemIdentifier: string;
  /**
   * The log ended before the moment that was asked for, for lack of these: all of it is that moment's state, and none of what came into
   * the bucket since.
   */
  missing?: string[];
}

export function statePathOf(folder: string): string {
  return join(folder, 'restore.json');
}

export function stagingOf(data: string): string {
  return `${data}.restored`;
}

export async function findRestoreState(folder: string): Promise<RestoreState | undefined> {
  try {
    return JSON.parse(await readFile(statePathOf(folder), 'utf8')) as RestoreState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export async function writeRestoreState(folder: string, state: RestoreState): Promise<RestoreState> {
  await writeDurably(statePathOf(folder), JSON.stringify(state, undefined, 2));
  return state;
}
