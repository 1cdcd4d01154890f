/** What the plane tells a backup worker on its standard input, one line, and what that says on its standard output, one line each. */
import type { Destination } from '@larder/archive';
import type { Backup } from '@larder/catalog';

export interface WorkerOrder {
  /** With the key that archives. */
  destination: Destination;
  /** The bucket's owner: removes what nobody needs any more. */
  owner: { accessKeyId: string; secretAccessKey: string };
  session: { socketFolder: string; port: number; user: string; password: string };
  /** Which server it must be. */
  server: { systemIdentifier: string; incarnation: string };
  account?: { uid: number; gid: number };
  data: string;
  /** A file that is locked as long as the worker runs. */
  lock: string;
  retention: { windowMs: number } | { count: number };
  /** The wall clock (RFC 3339), which tests set. */
  now: string;
}

export interface WorkerProgress {
  phase: string;
  bytes: number;
  total: number;
}

/** What the bucket holds after the backup. */
export interface Holdings {
  /** What they lie under. */
  serverName: string;
  /** The newest first. */
  backups: Backup[];
  /** From the oldest moment; `missing` is the first WAL file that lacks. */
  range?: { from: string; to: string; missing?: string };
  /** Files in the data directory that are no part of a database. */
  skipped: string[];
  /** Why nothing old was removed, in words. */
  retentionError?: string;
}

export type WorkerLine = { progress: WorkerProgress } | { done: Holdings } | { failed: string };
