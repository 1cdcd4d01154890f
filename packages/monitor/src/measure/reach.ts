/** What a server is found to be, by what became of asking it. */
import { add, type Measured } from '../measured.ts';
import { isAnswer, isFull, isRefused } from './session.ts';

/** `full`: it works, and has no connection left for us. */
export type Reach = 'up' | 'full' | 'refused' | 'down';

/** By part: whether it succeeded, and how long it took. */
export type Successes = Map<string, { ok: boolean; ms: number }>;

export function reachOf(error: unknown): Reach {
  if (isFull(error)) return 'full';
  if (isRefused(error)) return 'refused';
  return isAnswer(error) ? 'up' : 'down';
}

/** The connection is gone, rather than that nobody answered in time. */
export function isLost(error: unknown): boolean {
  const { code, message } = error as { code?: string; message: string };
  return code !== undefined || /terminated|closed|not queryable|ended/i.test(message);
}

export interface Found {
  /** What servers are called in CloudNativePG's labels. */
  name: string;
  reach: Reach;
  success: Successes;
  problem?: string;
}

export function readReach({ name, reach, success, problem }: Found): Measured {
  const measured: Measured = new Map();
  const up = reach === 'down' ? 0 : 1;
  add(measured, 'pg_up', up);
  add(measured, 'cnpg_collector_up', up, [name]);
  add(measured, 'pg_exporter_last_scrape_error', problem === undefined ? 0 : 1);
  for (const [part, { ok, ms }] of success) {
    add(measured, 'pg_scrape_collector_success', ok ? 1 : 0, [part]);
    add(measured, 'pg_scrape_collector_duration_seconds', ms / 1000, [part]);
  }
  return measured;
}
