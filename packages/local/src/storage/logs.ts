/**
 * The storage process's work on the servers' logs: an archiver for each order to archive, a fetcher for each to restore. Orders come and go
 * while it runs; one that changed, such as by a rotated key, begins anew.
 */
import { watch, type FSWatcher } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { newArchiverSlots, shareConnections, startArchiver, startWalFetcher } from '@larder/archive';
import type { Logger } from '@larder/controller';
import type { Home } from '../home/home.ts';
import {
  findLogState,
  findOrder,
  listOrders,
  orderFolder,
  statePath,
  type LogOrder,
  type LogState,
  type OrderKind,
} from './archives.ts';

export interface LogKeeper {
  /** Gives up what is under way. What was acknowledged stays so. */
  stop(): Promise<void>;
}

interface Work {
  /** Of the order, to see when it changes. */
  text: string;
  stop(): Promise<void>;
}

/** Between two looks at the orders when there is no news (ms). */
const LOOK_MS = 2_000;

/** Starts the work on one order. */
type Start = (
  order: LogOrder,
  say: (state: LogState) => void,
  previous?: LogState,
) => Promise<{ state(): LogState; stop(): Promise<void> }>;

/** Begins at once. Never throws: what goes wrong with an order is in its state. */
export function keepLogs(home: Pick<Home, 'folder'>, log: Logger): LogKeeper {
  const slots = newArchiverSlots();
  const shared = shareConnections();
  const archive: Start = async (order, onState, previous) =>
    startArchiver({ ...order, slots, shared, onState, previous: previous && { waiting: 0, ...previous } });
  const restore: Start = (order, onState) => startWalFetcher({ ...order, onState });
  const keepers = [
    new OrderKeeper(home, log, { kind: 'archives', start: archive }),
    new OrderKeeper(home, log, { kind: 'restores', start: restore }),
  ];
  return {
    async stop() {
      await Promise.all(keepers.map(keeper => keeper.stop()));
      shared.close();
    },
  };
}

/** Keeps as many works as there are orders of one kind. */
class OrderKeeper implements LogKeeper {
  readonly #home: Pick<Home, 'folder'>;
  readonly #log: Logger;
  readonly #kind: OrderKind;
  readonly #start: Start;
  readonly #works = new Map<string, Work>();
  readonly #states = new Map<string, StateFile>();
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #looking: Promise<void>;

  constructor(home: Pick<Home, 'folder'>, log: Logger, { kind, start }: { kind: OrderKind; start: Start }) {
    this.#home = home;
    this.#log = log;
    this.#kind = kind;
    this.#start = start;
    this.#looking = this.#begin();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#watcher?.close();
    clearInterval(this.#timer);
    await this.#looking;
    await Promise.all([...this.#works.values()].map(work => work.stop()));
    await Promise.all([...this.#states.values()].map(state => state.flush()));
  }

  async #begin(): Promise<void> {
    const folder = orderFolder(this.#home, this.#kind);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    try {
      this.#watcher = watch(folder, { persistent: false }, (_, name) => {
        if (!name?.includes('.state.')) this.#look();
      });
      this.#watcher.on('error', () => undefined);
    } catch (error) {
      this.#log.error('orders are looked at from time to time only', { error: (error as Error).message });
    }
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    await this.#pass();
  }

  #look(): void {
    this.#looking = this.#looking.then(() => (this.#stopped ? undefined : this.#pass()));
  }

  async #pass(): Promise<void> {
    const wanted = listOrders(this.#home, this.#kind);
    for (const [server, work] of this.#works) {
      if (wanted.includes(server)) continue;
      this.#works.delete(server);
      await work.stop();
      await this.#states.get(server)?.remove();
      this.#states.delete(server);
      this.#log.info('an order is over', { kind: this.#kind, server });
    }
    for (const server of wanted) {
      await this.#follow(server).catch((error: Error) => {
        this.#stateOf(server).write({
          ...findLogState(this.#home, this.#kind, server),
          lastError: error.message,
          waiting: 0,
        });
      });
    }
  }

  async #follow(server: string): Promise<void> {
    const order = findOrder(this.#home, this.#kind, server);
    if (!order) return;
    const text = JSON.stringify(order);
    const known = this.#works.get(server);
    if (known?.text === text) return;
    await known?.stop();
    this.#works.delete(server);
    const file = this.#stateOf(server);
    const previous = findLogState(this.#home, this.#kind, server);
    const { accessKeyId } = order.destination;
    const work = await this.#start(order, state => file.write({ ...state, accessKeyId }), previous);
    file.write({ ...work.state(), accessKeyId });
    this.#works.set(server, { text, stop: () => work.stop() });
    this.#log.info(known ? 'an order changed' : 'an order is followed', { kind: this.#kind, server });
  }

  #stateOf(server: string): StateFile {
    const known = this.#states.get(server) ?? new StateFile(statePath(this.#home, this.#kind, server));
    this.#states.set(server, known);
    return known;
  }
}

/** A state's file, replaced in one step. It isn't synced: what a power cut takes is seen again. */
class StateFile {
  readonly #path: string;
  #next: LogState | undefined;
  #writing: Promise<void> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  write(state: LogState): void {
    this.#next = state;
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
  }

  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async remove(): Promise<void> {
    await this.flush();
    await rm(this.#path, { force: true });
  }

  /** What comes while it writes is written after it. */
  async #write(): Promise<void> {
    while (this.#next) {
      const text = `${JSON.stringify(this.#next, null, 2)}\n`;
      this.#next = undefined;
      const draft = `${this.#path}.draft`;
      // A full disk is no reason to stop archiving: the plane sees an old state.
      await writeFile(draft, text, { mode: 0o600 }).then(
        () => rename(draft, this.#path),
        () => undefined,
      );
    }
  }
}
