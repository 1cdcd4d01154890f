/** The probes of all instances that the monitor has orders for, with their ledgers: they come and go while it runs. */
import { objective, type ServiceLevelStatus } from '@larder/catalog';
import type { Logger } from '@larder/controller';
import { add, valueOf, type Measured } from '@larder/monitor';
import { findOrders, listOrders, ordersPath, type Orders } from '../orders.ts';
import type { MonitorPlace } from '../place.ts';
import { SeenFiles } from '../seen-files.ts';
import { Ledger } from './ledger.ts';
import { serviceLevelStatus } from './told.ts';
import { Prober, type Seen } from './prober.ts';
import { LevelRecord, recordPath, removeRecord } from './record.ts';

const LOOK_MS = 1_000;
const SAVE_MS = 10_000;

interface Probed {
  orders: Orders;
  prober: Prober;
  ledger: Ledger;
}

export interface ProbesOptions {
  place: Pick<MonitorPlace, 'folder'>;
  log: Logger;
  /** s since 1970 */
  now: () => number;
  /** What was last measured of a server. */
  latest: (server: string) => Iterable<Measured>;
}

export class Probes {
  readonly #options: ProbesOptions;
  readonly #probed = new Map<string, Probed>();
  readonly #timers: NodeJS.Timeout[];
  readonly #files = new SeenFiles();
  #looking = Promise.resolve();
  #stopped = false;

  constructor(options: ProbesOptions) {
    this.#options = options;
    this.#timers = [setInterval(() => this.#look(), LOOK_MS), setInterval(() => this.#save(), SAVE_MS)];
    this.#look();
  }

  orders(server: string): Orders | undefined {
    return this.#probed.get(server)?.orders;
  }

  measured(server: string): Measured {
    const measured: Measured = new Map();
    const found = this.#probed.get(server);
    if (!found) return measured;
    addSeen(measured, found.prober.seen);
    const { span, availability, budgetLeft, burnRates, since } = found.ledger.level(this.#options.now());
    add(measured, 'larder_slo_objective_ratio', objective.ratio);
    if (since === undefined) return measured;
    add(measured, 'larder_slo_availability_ratio', availability);
    add(measured, 'larder_slo_error_budget_remaining_ratio', budgetLeft);
    for (const [window, rate] of Object.entries(burnRates)) add(measured, 'larder_slo_burn_rate', rate, [window]);
    for (const [state, seconds] of Object.entries(span)) add(measured, 'larder_slo_measured_seconds', seconds, [state]);
    return measured;
  }

  status(server: string): ServiceLevelStatus | undefined {
    const level = this.#probed.get(server)?.ledger.level(this.#options.now());
    return level && serviceLevelStatus(level);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#looking;
    for (const server of [...this.#probed.keys()]) await this.#end(server);
  }

  #look(): void {
    this.#looking = this.#looking
      .then(() => (this.#stopped ? undefined : this.#pass()))
      .catch((error: Error) => this.#options.log.error('cannot look at the orders', { error: error.message }));
  }

  async #pass(): Promise<void> {
    const { place, log } = this.#options;
    const wanted = listOrders(place);
    for (const server of [...this.#probed.keys()]) {
      if (wanted.includes(server)) continue;
      await this.#end(server);
      this.#files.forget(ordersPath(place, server));
      removeRecord(recordPath(place.folder, server));
    }
    for (const server of wanted) {
      const path = ordersPath(place, server);
      if (!this.#files.hasNews(path)) continue;
      try {
        this.#follow(server);
      } catch (error) {
        this.#files.forget(path);
        log.error('an instance is not probed', { server, error: (error as Error).message });
      }
    }
  }

  #follow(server: string): void {
    const orders = findOrders(this.#options.place, server);
    const known = this.#probed.get(server);
    if (orders && known) this.#renew(known, orders);
    else if (orders) this.#probed.set(server, this.#begin(orders));
  }

  #renew(known: Probed, orders: Orders): void {
    const isNews = JSON.stringify(known.orders.maintained) !== JSON.stringify(orders.maintained);
    known.orders = orders;
    if (isNews) known.ledger.takeOut(orders.maintained);
  }

  #begin(orders: Orders): Probed {
    const { place, now, latest } = this.#options;
    const { server } = orders;
    const ledger = new Ledger(new LevelRecord(recordPath(place.folder, server)), now());
    ledger.takeOut(orders.maintained);
    const prober = new Prober({
      probe: () => this.#probed.get(server)?.orders.probe,
      isMaintained: () => this.#probed.get(server)?.orders.maintenance === true,
      isAnswering: () => [...latest(server)].some(part => valueOf(part, 'pg_up') === 1),
      hasBegun: ledger.level(now()).since !== undefined,
      count: (at, state) => ledger.count(at, state),
    });
    return { orders, prober, ledger };
  }

  async #end(server: string): Promise<void> {
    const known = this.#probed.get(server);
    this.#probed.delete(server);
    await known?.prober.stop();
    known?.ledger.close();
  }

  #save(): void {
    for (const [server, { ledger }] of this.#probed) {
      try {
        ledger.save();
      } catch (error) {
        this.#options.log.error('the service level is not written down', { server, error: (error as Error).message });
      }
    }
  }
}

function addSeen(measured: Measured, { up, loginUp, answerSeconds, loginSeconds }: Seen): void {
  add(measured, 'larder_probe_up', up === undefined ? undefined : Number(up));
  add(measured, 'larder_probe_login_up', loginUp === undefined ? undefined : Number(loginUp));
  if (up === true) add(measured, 'larder_probe_duration_seconds', answerSeconds);
  if (loginUp === true) add(measured, 'larder_probe_login_duration_seconds', loginSeconds);
}
