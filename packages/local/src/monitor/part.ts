/** What else works in the monitor process: probes of the service level, the evaluation of alerts. */
import type { Logger } from '@larder/controller';
import type { Measured } from '@larder/monitor';
import type { Home } from '../home/home.ts';
import type { Target } from './targets.ts';

export interface MonitorContext {
  home: Home;
  log: Logger;
  /** What is to be measured now; they come and go. */
  targets(): readonly Target[];
  /** What was last measured of a server, part by part; nothing for one that wasn't yet. */
  latest(server: string): Iterable<Measured>;
  /** Seconds since 1970. */
  now(): number;
}

export interface MonitorPart {
  /** What it has to tell of a server, beside what is asked of it. Never throws. */
  measured?(server: string): Iterable<Measured>;
  /** Told after each turn of a server. Never throws, and returns at once. */
  afterTurn?(server: string): void;
  stop(): Promise<void>;
}

export type StartPart = (context: MonitorContext) => MonitorPart;
