/** What the reconcilers of drills need from the plane. */
import type { DrillReport } from '@larder/catalog';
import type { EventRecorder, Logger } from '@larder/controller';
import type { Client } from '@larder/kube';
import type { BackupRunner } from '../backups/runner.ts';
import type { Home } from '../home/home.ts';
import type { DrillFindings } from './worker/protocol.ts';

export interface DrillsOptions {
  client: Client;
  home: Home;
  log: Logger;
  events: EventRecorder;
  signal: AbortSignal;
  /** The wall clock. */
  clock: () => Date;
  /** Where accounts are claimed, for all planes of this machine. @default `/var/lib/larder-uids` */
  accounts?: string;
}

/** One drill at a time on the plane; its progress is a sentence. */
export type DrillRunner = BackupRunner<DrillFindings, string>;

export interface DrillKeeper extends DrillsOptions {
  runner: DrillRunner;
}

export type { DrillReport };
