/** What a change is made of: steps, each of which may run twice, since a plane may be killed at any instruction. */
import type { ChangeOperation, Grant, PostgresChange, PostgresServer } from '@larder/catalog';
import type { EventRecorder, Logger } from '@larder/controller';
import type { Client } from '@larder/kube';
import type { Home } from '../home/home.ts';
import type { PostgresServersOptions } from '../servers/options.ts';
import type { Site } from '../servers/work.ts';

export interface OperationsOptions {
  client: Client;
  home: Home;
  log: Logger;
  events: EventRecorder;
  signal: AbortSignal;
  /** The wall clock. */
  clock: () => Date;
  pki: PostgresServersOptions['pki'];
  /** @default loopback */
  listen?: PostgresServersOptions['listen'];
  /** @default the npm registry */
  registry?: PostgresServersOptions['registry'];
  /** How long the server before a major upgrade is kept (ms). @default a day */
  keepOldMs?: number;
}

export interface OperationsPlane extends OperationsOptions {
  /** What it takes to start a server beside another. */
  servers: Site['plane'];
  /** Has a change looked at again. */
  wake(change: string): void;
  /** Whoever counts what runs and begins one more does it alone. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

/** What a change remembers between its steps: JSON, and no secrets. */
export type Memo = Record<string, unknown>;

export interface ChangeRun {
  plane: OperationsPlane;
  change: PostgresChange;
  server: PostgresServer;
  memo: Readonly<Memo>;
  /** When the step that runs began. */
  since: Date;
}

/** `grant: null` takes it back; absent leaves it. A step's `memo` is merged into what is remembered. */
export type StepEnd =
  /** `said` joins what was done. */
  | { kind: 'done'; said?: string; memo?: Memo; grant?: Grant | null; downtime?: string }
  /** The same step again: what takes long is done elsewhere, and looked at. */
  | { kind: 'again'; ms: number; said?: string; memo?: Memo; grant?: Grant | null }
  /** Nothing is left to do, nor was there anything for this step. */
  | { kind: 'over' }
  /** To an earlier step. */
  | { kind: 'back'; to: string; said: string; memo?: Memo }
  | { kind: 'failed'; said: string; downtime?: string }
  /** Its window can't hold the work: nothing was done. */
  | { kind: 'skipped'; said: string };

export interface Step {
  /** For ever: changes that run remember it. */
  name: string;
  /** Whether its owner may end the change while it is at this step. */
  cancellable: boolean;
  run(run: ChangeRun): Promise<StepEnd>;
}

export interface Deed {
  steps: readonly Step[];
  /** Puts back what the steps have changed. May run twice. */
  undo?(run: ChangeRun, why: 'failed' | 'cancelled'): Promise<void>;
}

export type Deeds = Record<ChangeOperation, Deed>;
