/**
 * The part of the monitor process that watches over instances: probes their service level, evaluates their alerts after each turn, tells
 * receivers, and reports to the plane. It needs no plane to do so.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  alertGroup,
  alerts,
  alertText,
  evaluateAlerts,
  findMetric,
  gates,
  metricNames,
  ruleFileText,
  type ActiveAlert,
  type AlertStatus,
  type Sample,
} from '@larder/catalog';
import { kubeTime } from '@larder/controller';
import type { Measured } from '@larder/monitor';
import { findText, writeFileAtomic } from '../home/files.ts';
import { findPlaneRecord } from '../plane/record.ts';
import { ownPorts } from '../sql/lend.ts';
import { findServingStorage, storagePlace } from '../storage/place.ts';
import { listOrders, writeReport, type Orders, type ReadyReceiver } from './orders.ts';
import type { MonitorContext, MonitorPart } from './part.ts';
import { findMonitorRecord, monitorPlace, type MonitorPlace } from './place.ts';
import { Lane, type Firing, type Heard } from './receivers/lane.ts';
import { webhookPayload } from './receivers/payload.ts';
import { post } from './receivers/post.ts';
import { Probes } from './service-level/probes.ts';

/** What is known of the alerts of one instance; kept on disk. */
interface State {
  /** When they were last evaluated (s since 1970). */
  at: number;
  active: ActiveAlert[];
  heard: Record<string, Heard>;
}

export function startWatchingOver(context: MonitorContext): MonitorPart {
  return new WatchingOver(context);
}

class WatchingOver implements MonitorPart {
  readonly #context: MonitorContext;
  readonly #place: MonitorPlace;
  readonly #probes: Probes;
  readonly #states = new Map<string, State>();
  readonly #lanes = new Map<string, Map<string, Lane>>();
  readonly #told = new Map<string, AlertStatus>();
  readonly #stopping = new AbortController();

  constructor(context: MonitorContext) {
    this.#context = context;
    this.#place = monitorPlace(context.home);
    const { log } = context;
    this.#probes = new Probes({
      place: this.#place,
      log,
      now: () => context.now(),
      latest: server => context.latest(server),
    });
    this.#writeRules();
  }

  measured(server: string): Iterable<Measured> {
    return [this.#probes.measured(server)];
  }

  afterTurn(server: string): void {
    try {
      const orders = this.#probes.orders(server);
      if (orders) this.#watchOver(orders);
      else this.#forget(server);
    } catch (error) {
      this.#context.log.error('the alerts of an instance are not evaluated', {
        server,
        error: (error as Error).message,
      });
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#probes.stop();
    const lanes = [...this.#lanes.values()].flatMap(each => [...each.values()]);
    await Promise.all(lanes.map(lane => lane.settled()));
  }

  #watchOver(orders: Orders): void {
    const { server } = orders;
    const at = this.#context.now();
    const before = this.#stateOf(server);
    const samples = samplesFrom([...this.#context.latest(server), this.#probes.measured(server)]);
    const { active, fired, resolved } = evaluateAlerts({ samples, at, before });
    this.#write(server, { ...before, at, active });
    const { log } = this.#context;
    for (const { name } of fired) log.info('an alert fires', { server, alert: name });
    for (const { name } of resolved) log.info('an alert is over', { server, alert: name });
    const firing = active.flatMap(one => firingOf(one, orders));
    const lanes = this.#tell(orders, firing);
    const serviceLevel = this.#probes.status(server);
    writeReport(this.#place, server, {
      alerts: firing.map(one => this.#asTold(server, one)),
      ...(serviceLevel ? { serviceLevel } : {}),
      unreached: orders.receivers.flatMap(({ name, problem }) => {
        const because = problem ?? lanes.get(name)?.problem;
        return because === undefined ? [] : [{ receiver: name, because }];
      }),
    });
  }

  /** Each receiver hears of it by itself. One that was taken away hears nothing more. */
  #tell({ server, namespace, claim, receivers }: Orders, firing: readonly Firing[]): Map<string, Lane> {
    const lanes = this.#lanes.get(server) ?? new Map<string, Lane>();
    this.#lanes.set(server, lanes);
    for (const receiver of receivers.filter(({ problem }) => problem === undefined)) {
      const lane = lanes.get(receiver.name) ?? this.#laneFor(server, receiver.name, { namespace, claim });
      lanes.set(receiver.name, lane);
      lane.tell(receiver, firing);
    }
    for (const name of lanes.keys()) if (!receivers.some(receiver => receiver.name === name)) lanes.delete(name);
    return lanes;
  }

  #laneFor(server: string, name: string, of: { namespace: string; claim: string }): Lane {
    const { home } = this.#context;
    const isOwnPort = ownPorts(() =>
      [
        findPlaneRecord(home)?.apiPort,
        findServingStorage(storagePlace(home))?.port,
        findMonitorRecord(this.#place)?.port,
      ].filter(port => port !== undefined),
    );
    return new Lane(
      {
        now: () => this.#context.now() * 1000,
        send: ({ url, authorization }: ReadyReceiver, told) => {
          const payload = webhookPayload({ receiver: name, ...of, alerts: told });
          return post({ url, authorization, payload, isOwnPort, signal: this.#stopping.signal });
        },
        heard: heard => {
          const { [name]: _, ...others } = this.#stateOf(server).heard;
          this.#write(server, { ...this.#stateOf(server), heard: heard ? { ...others, [name]: heard } : others });
        },
      },
      this.#stateOf(server).heard[name],
    );
  }

  /** As it was said when it began: a value that goes on changing is no news. */
  #asTold(server: string, { name, severity, summary, remedy, runbook, startsAt }: Firing): AlertStatus {
    const since = kubeTime(new Date(startsAt));
    const key = `${server} ${name}`;
    const known = this.#told.get(key);
    if (known?.since === since) return known;
    const told = { name, severity, summary, since, remedy, runbook };
    this.#told.set(key, told);
    return told;
  }

  #stateOf(server: string): State {
    const known = this.#states.get(server) ?? readState(statePath(this.#place, server));
    this.#states.set(server, known);
    return known;
  }

  #write(server: string, state: State): void {
    const last = this.#states.get(server);
    this.#states.set(server, state);
    // When nothing is active, there is nothing to remember but that.
    if (last && last.active.length + state.active.length === 0 && last.heard === state.heard) return;
    const path = statePath(this.#place, server);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileAtomic(path, `${JSON.stringify(state)}\n`);
  }

  /** Its orders may just not be read yet. */
  #forget(server: string): void {
    if (listOrders(this.#place).includes(server)) return;
    this.#lanes.delete(server);
    if (!this.#states.delete(server)) return;
    rmSync(statePath(this.#place, server), { force: true });
  }

  #writeRules(): void {
    try {
      const folder = join(this.#place.folder, 'rules');
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      writeFileAtomic(join(folder, 'larder-alerts.yaml'), ruleFileText([alertGroup()]), 0o644);
    } catch (error) {
      this.#context.log.error('the rules for Prometheus are not written', { error: (error as Error).message });
    }
  }
}

function firingOf(one: ActiveAlert, of: { namespace: string; claim: string }): Firing[] {
  const text = alertText(one, of);
  return one.firingSince === undefined || !text ? [] : [{ ...text, startsAt: Math.round(one.firingSince * 1000) }];
}

function statePath({ folder }: MonitorPlace, server: string): string {
  return join(folder, 'alerts', `${server}.json`);
}

function readState(path: string): State {
  try {
    return JSON.parse(findText(path) ?? '') as State;
  } catch {
    return { at: 0, active: [], heard: {} };
  }
}

/** What alerts look at; the rest of what was measured is much more. */
const used = new Set([
  ...alerts.flatMap(({ condition }) => condition.flatMap(({ value }) => metricNames(value).map(({ name }) => name))),
  ...Object.values(gates).map(({ metric }) => metric),
]);

export function samplesFrom(parts: readonly Measured[]): Sample[] {
  return parts.flatMap(part =>
    [...used].flatMap(name => {
      const names = findMetric(name)?.labels ?? [];
      return (part.get(name) ?? []).map(({ labels = [], value }) => ({
        name,
        value,
        labels: Object.fromEntries(names.map((label, index) => [label, labels[index] ?? ''])),
      }));
    }),
  );
}
