/** The monitor process's view of its targets: as many watches as there are files, which come and go while it runs. */
import { rmSync, watch, type FSWatcher } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@larder/controller';
import type { MonitorPlace } from './place.ts';
import { SeenFiles } from './seen-files.ts';
import { findTarget, listTargets, targetPath, type Target } from './targets.ts';
import { TargetWatch } from './watch-target.ts';

/** Between two looks at the targets when there is no news (ms). */
const LOOK_MS = 10_000;
/** How long the history of an instance that is gone stays (ms). */
const FORGET_MS = 3_600_000;

export interface WatchesOptions {
  place: MonitorPlace;
  log: Logger;
  now: () => number;
  afterTurn: (server: string) => void;
}

export class Watches {
  readonly #options: WatchesOptions;
  readonly #watches = new Map<string, TargetWatch>();
  readonly #files = new SeenFiles();
  readonly #goneAt = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #watcher: FSWatcher | undefined;
  #looking = Promise.resolve();
  #stopped = false;

  constructor(options: WatchesOptions) {
    this.#options = options;
    try {
      this.#watcher = watch(options.place.targets, { persistent: false }, () => this.#look());
      this.#watcher.on('error', () => undefined);
    } catch {
      // Looked at from time to time only.
    }
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#look();
  }

  all(): TargetWatch[] {
    return [...this.#watches.values()];
  }

  find(server: string): TargetWatch | undefined {
    return this.#watches.get(server);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#watcher?.close();
    clearInterval(this.#timer);
    await this.#looking;
    await Promise.all(this.all().map(each => each.stop()));
  }

  #look(): void {
    this.#looking = this.#looking
      .then(() => (this.#stopped ? undefined : this.#pass()))
      .catch((error: Error) => this.#options.log.error('cannot look at the targets', { error: error.message }));
  }

  async #pass(): Promise<void> {
    const { place } = this.#options;
    const wanted = listTargets(place);
    for (const [server, known] of this.#watches) {
      if (wanted.includes(server)) continue;
      this.#watches.delete(server);
      this.#files.forget(targetPath(place, server));
      await known.stop();
      this.#options.log.info('an instance is not measured any more', { server });
    }
    for (const server of wanted) await this.#lookAt(server);
    await this.#forget(wanted);
  }

  /** One that can't be followed is tried again at the next look, and keeps nobody else from being measured. */
  async #lookAt(server: string): Promise<void> {
    const { place, log } = this.#options;
    const path = targetPath(place, server);
    if (!this.#files.hasNews(path)) return;
    try {
      const target = findTarget(place, server);
      if (target) await this.#follow(target);
    } catch (error) {
      this.#files.forget(path);
      log.error('an instance is not measured', { server, error: (error as Error).message });
    }
  }

  /** Another login or place is another connection; facts are just facts. */
  async #follow(target: Target): Promise<void> {
    const { server } = target;
    const known = this.#watches.get(server);
    if (known && wayTo(known.target) === wayTo(target)) {
      known.target = target;
      return;
    }
    await known?.stop();
    const { place, log, now, afterTurn } = this.#options;
    const watching = new TargetWatch(target, {
      history: place.history,
      now,
      onProblem: problem =>
        problem === undefined
          ? log.info('an instance is measured again', { server })
          : log.info('an instance is not measured as it should be', { server, problem }),
      afterTurn: () => afterTurn(server),
    });
    this.#watches.set(server, watching);
    if (!known) log.info('an instance is measured', { server });
  }

  /** The history of what is gone stays for a while: a plane that is restored, or a claim that is moved, has it back. */
  async #forget(wanted: readonly string[]): Promise<void> {
    const { history } = this.#options.place;
    const kept = await readdir(history).catch(() => []);
    for (const server of kept) {
      if (wanted.includes(server)) this.#goneAt.delete(server);
      else if (!this.#goneAt.has(server)) this.#goneAt.set(server, performance.now());
      else if (performance.now() - this.#goneAt.get(server)! > FORGET_MS) {
        rmSync(join(history, server), { recursive: true, force: true });
        this.#goneAt.delete(server);
      }
    }
  }
}

function wayTo({ endpoint, login }: Target): string {
  return JSON.stringify([endpoint, login]);
}
