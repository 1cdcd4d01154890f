/** One server in the monitor process: its turns, one after the other, and what became of the last one. */
import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { coarseDays, fullAt } from './projection.ts';
import {
  add,
  bootTime,
  countedOf,
  History,
  measureProcesses,
  pointOf,
  readHistory,
  ServerMonitor,
  type Counted,
  type Measured,
} from '@larder/monitor';
import { measureFacts } from './facts.ts';
import type { Target } from './targets.ts';

/** From one turn to the next (ms). */
export const TURN_MS = 15_000;
/** How often the projection of the storage is made anew (s). */
const PROJECTION_S = 900;

export interface WatchOptions {
  /** Of the home: a folder an instance. */
  history: string;
  now: () => number;
  onProblem: (problem: string | undefined) => void;
  afterTurn: () => void;
}

export class TargetWatch {
  target: Target;
  readonly #options: WatchOptions;
  readonly #server: ServerMonitor;
  readonly #history: Promise<History>;
  #help: ReadonlyMap<string, string> = new Map();
  #parts: Measured[] = [];
  #counted: Counted | undefined;
  #projection: { at: number; fullAt?: number } | undefined;
  #turn: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #endedAt = 0;
  #problem: string | undefined;

  constructor(target: Target, options: WatchOptions) {
    this.target = target;
    this.#options = options;
    const { endpoint, login, server } = target;
    this.#server = new ServerMonitor({ endpoint, login, name: server });
    const folder = join(options.history, server);
    this.#history = mkdir(folder, { recursive: true, mode: 0o700 }).then(() => new History(folder));
    this.#history.catch(() => undefined); // each write tells it
    // Not all in the same instant: by their names, so that it is the same after each start.
    this.#schedule(phaseOf(server));
  }

  /** What was measured last. */
  parts(): Measured[] {
    const age: Measured = new Map();
    if (this.#endedAt > 0) add(age, 'larder_monitor_collection_age_seconds', this.#options.now() - this.#endedAt);
    return [...this.#parts, measureFacts(this.target, this.#projection?.fullAt), age];
  }

  /** What settings mean. */
  help(): ReadonlyMap<string, string> {
    return this.#help;
  }

  /** Whether a turn has ended. */
  get hasTurned(): boolean {
    return this.#endedAt > 0;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#turn;
    this.#server.stop();
    await this.#history.then(history => history.close()).catch(() => undefined);
  }

  #schedule(ms: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      const began = performance.now();
      this.#turn = this.#take().finally(() => this.#schedule(Math.max(1_000, TURN_MS - (performance.now() - began))));
    }, ms);
  }

  async #take(): Promise<void> {
    const { now } = this.#options;
    const reading = await this.#server.turn();
    const at = now();
    const boot = bootTime();
    const { process } = this.target;
    const processes: Measured =
      process && boot !== undefined ? measureProcesses(process, boot) : new Map<string, never>();
    const own: Measured = new Map();
    add(own, 'larder_monitor_collection_duration_seconds', reading.tookMs / 1000);
    this.#parts = [...reading.parts.values(), processes, own];
    this.#help = reading.settingsHelp;
    this.#endedAt = at;
    if (reading.problem !== this.#problem) this.#options.onProblem(reading.problem);
    this.#problem = reading.problem;
    await this.#remember(at).catch((error: Error) => this.#options.onProblem(`no history is kept: ${error.message}`));
    this.#options.afterTurn();
  }

  async #remember(at: number): Promise<void> {
    const whole: Measured = new Map(this.parts().flatMap(part => [...part]));
    const counted = countedOf(whole, at);
    const point = pointOf(whole, counted, this.#counted);
    this.#counted = counted;
    await (await this.#history).write(at, point);
    if (this.#projection !== undefined && at - this.#projection.at < PROJECTION_S) return;
    const folder = join(this.#options.history, this.target.server);
    const points = await readHistory(folder, { from: at - coarseDays * 86_400, to: at });
    this.#projection = { at, fullAt: fullAt(points, this.target.facts.storageSize) };
  }
}

function phaseOf(name: string): number {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + character.charCodeAt(0)) % 3_000;
  return hash;
}
