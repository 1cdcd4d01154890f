/**
 * The service level of one instance: seconds come in, what is told of it goes out. In memory it has the thirty days of the objective, on
 * disk the record. Nothing of it is lost to `kill -9` but the last seconds, which then nobody measured.
 */
import {
  availability,
  budgetLeft,
  burnRate,
  burnWindows,
  objective,
  overlapSeconds,
  spanOf,
  withMaintenance,
  type BurnWindow,
  type Minute,
  type Span,
} from '@larder/catalog';
import type { LevelRecord } from './record.ts';

export type SecondState = keyof Minute;

const MINUTES = objective.windowSeconds / 60;

export interface Level {
  span: Span;
  availability: number | undefined;
  budgetLeft: number;
  burnRates: Partial<Record<BurnWindow, number>>;
  /** The first minute of the window that anything is known of (min since 1970); absent while nothing is. */
  since: number | undefined;
}

export class Ledger {
  readonly #record: LevelRecord;
  readonly #minutes: MinuteRing;
  readonly #unsaved = new Set<number>();
  #level: { at: number; level: Level } | undefined;

  /** @param atSeconds the present */
  constructor(record: LevelRecord, atSeconds: number) {
    this.#record = record;
    const now = Math.floor(atSeconds / 60);
    this.#minutes = new MinuteRing(now);
    record.read(now - MINUTES, now + 1).forEach((minute, index) => {
      if (minute) this.#minutes.set(now - MINUTES + index, minute);
    });
  }

  /** Adds the second that began at `atSeconds`. */
  count(atSeconds: number, state: SecondState): void {
    const at = Math.floor(atSeconds / 60);
    const minute = this.#minutes.get(at);
    if (minute.up + minute.down + minute.maintenance >= 60) return;
    this.#set(at, { ...minute, [state]: minute[state] + 1 });
  }

  /** Takes maintenance out that was heard of when it was over. May run twice. */
  takeOut(runs: readonly { from: number; to: number }[]): void {
    for (const { from, to } of runs) {
      for (let at = Math.floor(from / 60); at * 60 < to; at += 1) {
        const minute = this.#minutes.get(at);
        if (minute.up + minute.down + minute.maintenance === 0) continue;
        const changed = withMaintenance(minute, Math.floor(overlapSeconds(at * 60, runs)));
        if (changed.maintenance !== minute.maintenance) this.#set(at, changed);
      }
    }
  }

  /** Writes what isn't on disk yet. */
  save(): void {
    for (const at of this.#unsaved) this.#record.write(at, this.#minutes.get(at));
    this.#unsaved.clear();
  }

  /** What is to be told: reckoned anew once a minute. */
  level(atSeconds: number): Level {
    const at = Math.floor(atSeconds / 60);
    if (this.#level?.at !== at) this.#level = { at, level: this.#reckoned(at) };
    return this.#level.level;
  }

  close(): void {
    this.save();
    this.#record.close();
  }

  #set(at: number, minute: Minute): void {
    if (this.#minutes.set(at, minute)) this.#unsaved.add(at);
  }

  /** The minute that is under way isn't whole, and is left out. */
  #reckoned(now: number): Level {
    const since = this.#minutes.oldest(now - MINUTES, now);
    const span = this.#minutes.span(now - MINUTES, now, since === undefined ? 0 : this.#wholeSeconds(since, now));
    const rates = Object.entries(burnWindows).flatMap(([name, seconds]) => {
      const rate = burnRate(this.#minutes.span(now - seconds / 60, now, seconds), name as BurnWindow);
      return rate === undefined ? [] : [[name, rate] as const];
    });
    return {
      span,
      availability: availability(span),
      budgetLeft: budgetLeft(span),
      burnRates: Object.fromEntries(rates),
      since,
    };
  }

  /** Of the first minute only what is known counts: it began before there was anything to measure. */
  #wholeSeconds(since: number, now: number): number {
    const { up, down, maintenance } = this.#minutes.get(since);
    return up + down + maintenance + (now - since - 1) * 60;
  }
}

/** The minutes of the window in three bytes each: fifty instances have two million of them. */
class MinuteRing {
  readonly #cells = new Uint8Array((MINUTES + 1) * 3);
  #newest: number;

  constructor(newest: number) {
    this.#newest = newest;
  }

  get(at: number): Minute {
    const [up = 0, down = 0, maintenance = 0] = this.#holds(at) ? this.#cells.subarray(cell(at), cell(at) + 3) : [];
    return { up, down, maintenance };
  }

  /** Whether it is within the window. A new minute takes the place of the oldest. */
  set(at: number, { up, down, maintenance }: Minute): boolean {
    if (at - this.#newest > MINUTES) this.#cells.fill(0);
    else for (let next = this.#newest + 1; next <= at; next += 1) this.#cells.fill(0, cell(next), cell(next) + 3);
    this.#newest = Math.max(this.#newest, at);
    if (!this.#holds(at)) return false;
    this.#cells.set([up, down, maintenance], cell(at));
    return true;
  }

  span(from: number, to: number, totalSeconds: number): Span {
    const sum = { up: 0, down: 0, maintenance: 0 };
    for (let at = Math.max(from, this.#newest - MINUTES); at < Math.min(to, this.#newest + 1); at += 1) {
      sum.up += this.#cells[cell(at)]!;
      sum.down += this.#cells[cell(at) + 1]!;
      sum.maintenance += this.#cells[cell(at) + 2]!;
    }
    return spanOf([sum], totalSeconds);
  }

  /** The first minute of which anything is known. */
  oldest(from: number, to: number): number | undefined {
    for (let at = Math.max(from, this.#newest - MINUTES); at < Math.min(to, this.#newest + 1); at += 1) {
      if (this.#cells[cell(at)]! + this.#cells[cell(at) + 1]! + this.#cells[cell(at) + 2]! > 0) return at;
    }
    return undefined;
  }

  #holds(at: number): boolean {
    return at > this.#newest - MINUTES - 1 && at <= this.#newest;
  }
}

function cell(at: number): number {
  return (at % (MINUTES + 1)) * 3;
}
