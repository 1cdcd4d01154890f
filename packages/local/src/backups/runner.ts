/**
 * Runs what is long and done to one server, as base backups are: one at a time of a server, a few at once on the plane, the others in line. What is known here is lost with
 * the plane; the bucket tells what was done.
 *
 * A request is in line until its run begins, and has its outcome from the first run that began after it was made.
 */
import type { Logger } from '@larder/controller';
import type { Holdings, WorkerProgress } from './worker/protocol.ts';

/** How many base backups run at once. */
const AT_ONCE = 2;

export type Outcome<Made = Holdings> =
  | { kind: 'made'; holdings: Made; startedAt: Date; endedAt: Date }
  | { kind: 'failed'; message: string; startedAt: Date; endedAt: Date };

export type RunState<Progress = WorkerProgress> =
  { kind: 'idle' } | { kind: 'inLine' } | { kind: 'running'; startedAt: Date; progress?: Progress };

export interface BackupRunnerOptions<Made = Holdings, Progress = WorkerProgress> {
  /** Makes one. @throws Error in words */
  make: (server: string, progress: (seen: Progress) => void, signal: AbortSignal) => Promise<Made>;
  /** What is made, for the log. @default a base backup */
  what?: string;
  /** How many run at once. @default 2 */
  atOnce?: number;
  /** Something about a server's backups is otherwise than before. */
  changed(server: string, requesters: string[]): void;
  clock: () => Date;
  log: Logger;
  signal: AbortSignal;
}

interface Server<Made, Progress> {
  /** Who asked, not served yet. */
  waiting: Set<string>;
  running?: { startedAt: Date; for: Set<string>; progress?: Progress };
  outcomes: Map<string, Outcome<Made>>;
  failures: number;
  last?: Outcome<Made>;
}

export class BackupRunner<Made = Holdings, Progress = WorkerProgress> {
  readonly #options: BackupRunnerOptions<Made, Progress>;
  readonly #servers = new Map<string, Server<Made, Progress>>();
  readonly #line: string[] = [];
  readonly #runs = new Set<Promise<void>>();

  constructor(options: BackupRunnerOptions<Made, Progress>) {
    this.#options = options;
  }

  /** Wants a backup that begins after now. Asking again changes nothing until the outcome is taken. */
  request(server: string, by: string): void {
    const state = this.#of(server);
    if (state.waiting.has(by) || state.running?.for.has(by) || state.outcomes.has(by)) return;
    state.waiting.add(by);
    if (!this.#line.includes(server)) this.#line.push(server);
    this.#begin();
  }

  /** The outcome of a request, once: taking it makes room for another. */
  take(server: string, by: string): Outcome<Made> | undefined {
    const { outcomes } = this.#of(server);
    const outcome = outcomes.get(by);
    outcomes.delete(by);
    return outcome;
  }

  state(server: string): RunState<Progress> {
    const { running } = this.#of(server);
    if (running) return { kind: 'running', startedAt: running.startedAt, progress: running.progress };
    return { kind: this.#line.includes(server) ? 'inLine' : 'idle' };
  }

  /** Of the last run of this plane. */
  last(server: string): { outcome?: Outcome<Made>; failures: number } {
    const { last: outcome, failures } = this.#of(server);
    return { outcome, failures };
  }

  forget(server: string): void {
    if (!this.#of(server).running) this.#servers.delete(server);
    const at = this.#line.indexOf(server);
    if (at >= 0) this.#line.splice(at, 1);
  }

  /** Resolves when nothing runs any more; the signal ends what does. */
  async settled(): Promise<void> {
    while (this.#runs.size > 0) await Promise.all(this.#runs);
  }

  #begin(): void {
    while (!this.#options.signal.aborted && this.#runs.size < (this.#options.atOnce ?? AT_ONCE)) {
      const at = this.#line.findIndex(server => !this.#of(server).running);
      if (at < 0) return;
      const [server = ''] = this.#line.splice(at, 1);
      const run: Promise<void> = this.#run(server).finally(() => {
        this.#runs.delete(run);
        this.#begin();
      });
      this.#runs.add(run);
    }
  }

  async #run(server: string): Promise<void> {
    const { clock, log, make, signal, what = 'a base backup' } = this.#options;
    const state = this.#of(server);
    const running: NonNullable<Server<Made, Progress>['running']> = { startedAt: clock(), for: state.waiting };
    state.waiting = new Set();
    state.running = running;
    const requesters = [...running.for];
    const changed = (): void => this.#options.changed(server, requesters);
    changed();
    const progress = (seen: Progress): void => {
      running.progress = seen;
      changed();
    };
    const { startedAt } = running;
    const outcome = await make(server, progress, signal).then(
      (holdings): Outcome<Made> => ({ kind: 'made', holdings, startedAt, endedAt: clock() }),
      (error: Error): Outcome<Made> => ({ kind: 'failed', message: error.message, startedAt, endedAt: clock() }),
    );
    state.running = undefined;
    if (signal.aborted) return;
    log.info(`${what} ended`, { server, outcome: outcome.kind === 'made' ? 'made' : outcome.message });
    state.last = outcome;
    state.failures = outcome.kind === 'made' ? 0 : state.failures + 1;
    for (const by of requesters) state.outcomes.set(by, outcome);
    changed();
  }

  #of(server: string): Server<Made, Progress> {
    const known: Server<Made, Progress> = this.#servers.get(server) ?? {
      waiting: new Set(),
      outcomes: new Map(),
      failures: 0,
    };
    this.#servers.set(server, known);
    return known;
  }
}
