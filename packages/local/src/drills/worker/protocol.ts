/** What the plane tells a drill's process on its standard input, one line, and what that says on its standard output, one line each. */
import type { Destination } from '@larder/archive';
import type { DrillReport } from '@larder/catalog';
import type { Limits } from '@larder/postgres';

/** Holds secrets: it goes through a pipe and nowhere else. */
export interface DrillOrder {
  /** The plane's; its control groups are named by it. */
  home: string;
  /** The drill's own: all that it leaves on the disk is in there, and goes with it. */
  folder: string;
  /** Its own, too; nobody else can enter. */
  socketFolder: string;
  account: { uid: number; gid: number } | null;
  /** Holds `postgres`. */
  bin: string;
  /** `17` */
  major: number;
  /** As the server runs. */
  settings: Record<string, string>;
  limits: Limits;
  storageBytes: number;
  /** What must stay free on the disk. */
  floorBytes: number;
  /** The bucket, with a key that can neither overwrite nor delete. */
  destination: Destination;
  database: string;
  owner: string;
  /** The owner's own, which must give true. */
  query?: string;
  /** The server whose backups these are; absent while it isn't running. */
  source?: DrillSource;
}

export interface DrillSource {
  socketFolder: string;
  port: number;
  password: string;
  systemIdentifier: string;
  incarnation: string;
}

/** Without the times, which the plane knows. */
export type DrillFindings = Omit<DrillReport, 'startedAt' | 'completedAt'>;

export type DrillLine = { progress: string } | { done: DrillFindings } | { failed: string };

/** The group of a drill's server, among those of the servers; no server can be named so. */
export const DRILL_GROUP = '.drill';

/** Where the data directory is made. */
export const STAGING = 'data';
