/**
 * The service level: of the time that was measured and wasn't the instance's own maintenance, how much it was up. Time that nobody
 * measured is neither up nor down, and is said. Seconds are counted by the minute.
 */

/** What is known of a minute (s). What lacks to sixty was not measured. */
export interface Minute {
  up: number;
  down: number;
  /** Within the instance's own maintenance, whatever it was. */
  maintenance: number;
}

/** What is known of a span of time (s). */
export interface Span extends Minute {
  unmeasured: number;
}

/** What is aimed at: the share of time, over the window, outside of maintenance. */
export const objective = { ratio: 0.999, windowSeconds: 30 * 86_400 } as const;

/** Over which the burn rate is told, by name. */
export const burnWindows = { '5m': 300, '30m': 1800, '1h': 3600, '6h': 21_600, '3d': 259_200 } as const;

export type BurnWindow = keyof typeof burnWindows;

/** Less than this share of a window measured says nothing of it. */
const LEAST_MEASURED = 0.25;

export function spanOf(minutes: Iterable<Minute | undefined>, totalSeconds: number): Span {
  const sum: Minute = { up: 0, down: 0, maintenance: 0 };
  for (const minute of minutes) {
    if (minute === undefined) continue;
    sum.up += minute.up;
    sum.down += minute.down;
    sum.maintenance += minute.maintenance;
  }
  return { ...sum, unmeasured: Math.max(0, totalSeconds - sum.up - sum.down - sum.maintenance) };
}

/** `undefined` where nothing was measured. */
export function availability({ up, down }: Minute): number | undefined {
  return up + down === 0 ? undefined : up / (up + down);
}

/** How long it may be down within the objective's window (s). */
export const budgetSeconds = objective.windowSeconds * (1 - objective.ratio);

/** What is left of the error budget: 1 is all, 0 none, less than 0 is overdrawn. Only what was measured counts. */
export function budgetLeft({ down }: Minute): number {
  return (budgetSeconds - down) / budgetSeconds;
}

/** How many times as fast as it may the budget is used; `undefined` where too little of the window was measured. */
export function burnRate(span: Minute, window: BurnWindow): number | undefined {
  const measured = span.up + span.down;
  const possible = burnWindows[window] - span.maintenance;
  if (measured === 0 || measured < possible * LEAST_MEASURED) return undefined;
  return span.down / measured / (1 - objective.ratio);
}

/** Maintenance of `seconds` within this minute that was not known when it was measured: taken out of the downs first. May run twice. */
export function withMaintenance(minute: Minute, seconds: number): Minute {
  const missing = Math.max(0, Math.min(seconds, 60) - minute.maintenance);
  const measured = minute.up + minute.down;
  const taken = Math.min(missing, measured);
  const fromDown = Math.min(taken, minute.down);
  const fromUp = taken - fromDown;
  // What was not measured either way becomes maintenance too: it needs no measuring.
  const maintenance = Math.min(60 - (measured - taken), minute.maintenance + missing);
  return { up: minute.up - fromUp, down: minute.down - fromDown, maintenance };
}

/** How many seconds of the minute that begins at `from` lie within maintenance. Runs may overlap: each second is one. */
export function overlapSeconds(from: number, runs: readonly { from: number; to: number }[]): number {
  let seconds = 0;
  let until = from;
  for (const run of [...runs].sort((one, other) => one.from - other.from)) {
    const [begin, end] = [Math.max(until, run.from), Math.min(from + 60, run.to)];
    if (end <= begin) continue;
    seconds += end - begin;
    until = end;
  }
  return seconds;
}

/** A time for which the instance was down, by the minutes in which it was. */
export interface Outage {
  /** The beginning of its first minute (s since 1970). */
  from: number;
  /** The end of its last minute. */
  to: number;
  down: number;
}

/** Minutes with downs that follow each other are one outage. `minutes` are in order, `from` is when the first of them begins. */
export function outagesOf(minutes: Iterable<Minute | undefined>, from: number): Outage[] {
  const outages: Outage[] = [];
  let at = from;
  for (const minute of minutes) {
    if (minute !== undefined && minute.down > 0) {
      const last = outages.at(-1);
      if (last?.to === at) Object.assign(last, { to: at + 60, down: last.down + minute.down });
      else outages.push({ from: at, to: at + 60, down: minute.down });
    }
    at += 60;
  }
  return outages;
}
