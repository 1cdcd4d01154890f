/** What all steps on one server share: the plane's ports, the server's place, and what is remembered between two reconciles. */
import type { PostgresServer } from '@larder/catalog';
import type { ControlGroups, ProcessRef, VersionOffer } from '@larder/postgres';
import type { Disk } from './disk.ts';
import type { Listen, PostgresServersOptions } from './options.ts';
import type { Leave } from './leave.ts';
import type { InstancePlace } from './place.ts';
import type { PortChooser } from './ports.ts';
import type { Requests } from './requests.ts';
import type { Restoring } from './restore/run.ts';
import type { Spares } from './spares.ts';

/** The plane's share, the same for all servers. */
export interface Plane extends PostgresServersOptions {
  listen: Listen;
  clock: () => Date;
  ports: PortChooser;
  socketRoot: string;
  /** What all servers share. */
  disk: Disk;
  spares: Spares;
  limits: ControlGroups;
  requests: Requests;
  /** Every server gets an operating system user of its own. */
  separateUsers: boolean;
  /** Has a server looked at again. */
  wake(server: string): void;
  /** What is on offer now. */
  offers: () => Promise<VersionOffer[]>;
}

/** What is known of a server beyond its record; lost with the plane, and found out again. */
export interface Memory {
  /** The process that is watched: when it ends, the server is reconciled. */
  process?: ProcessRef;
  /** Starts that led nowhere, or not far, one after the other. */
  failures: number;
  /** By the monotonic clock (ms). */
  startedAt: number;
  notBefore: number;
  /** The process whose end has been taken note of, by its start. */
  judged?: number;
  /** Its last start came to nothing. */
  startFailed: boolean;
  /** Why it died the last time, and until when that is worth telling. */
  death?: { cause: string; until: number };
  /** Settings or a version that a restart couldn't bring in; they aren't tried again until they change, or somebody says so. */
  rejected?: { settings: string; version?: string; cause: string };
  /** What the last complete reconcile was about; while it is the same, there is nothing to do. */
  settled?: string;
  settledAt: number;
  /** When an application's login was last seen to work, by the monotonic clock (ms). */
  provedAt: number;
  /** Something that was put right and that the owner should know, and until when. */
  repaired?: { what: string; until: number };
  storage?: MeasuredStorage;
  /** Its data is being brought back from a backup. */
  restoring?: Restoring;
  /** Until when a deletion waits for the last WAL to be stored, by the monotonic clock (ms). */
  flushUntil?: number;
}

export interface MeasuredStorage {
  used: number;
  /** When the disk last had enough for all. */
  usedBefore: number;
  size: number;
  level: 'ok' | 'warn' | 'full';
  /** Sessions may not write. */
  readOnly: boolean;
  /** Bytes that the disk had left then. */
  free: number;
  /** By the monotonic clock (ms). */
  at: number;
  /** By another measurement: what follows from it takes a reconcile, and that one measures itself. */
  isDoubted?: boolean;
}

export function newMemory(): Memory {
  return { failures: 0, startedAt: 0, notBefore: 0, settledAt: 0, provedAt: 0, startFailed: false };
}

/** What it takes to configure and start a server. */
export interface Site {
  plane: Pick<Plane, 'home' | 'listen' | 'socketRoot' | 'limits' | 'offers' | 'registry' | 'pki' | 'signal' | 'log'>;
  place: InstancePlace;
  object: PostgresServer;
  progress(reason: string, message: string): Promise<void>;
}

/** One reconcile of one server. */
export interface Work {
  plane: Plane;
  place: InstancePlace;
  object: PostgresServer;
  /** What may be done now. */
  leave: Leave;
  memory: Memory;
  /** Tells the owner what takes long. */
  progress(reason: string, message: string): Promise<void>;
}

/** The world isn't ready: shown as it is, and tried again after `ms`. */
export class NotReadyError extends Error {
  readonly reason: string;
  readonly ms: number;

  constructor(reason: string, message: string, ms: number = 5_000) {
    super(message);
    this.reason = reason;
    this.ms = ms;
  }
}

/** What the object asks for can't be had: somebody has to change it, or the world. */
export class NotAcceptedError extends NotReadyError {}
