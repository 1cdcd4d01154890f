/**
 * The composer: claims become composites, composites become what their composition says. Keeps nothing that it couldn't
 * read again from the API, so it may be killed and started at any time.
 */
import type { CompositeResourceDefinition, Service } from '@larder/catalog';
import {
  conditionsOf,
  isConditionTrue,
  mapToOwner,
  noEvents,
  noLog,
  runController,
  sharedReads,
  waitFor,
  type Controller,
  type EventRecorder,
  type Logger,
} from '@larder/controller';
import { refOf, type Client, type KubeObject } from '@larder/kube';
import { CROSSPLANE_API } from './crossplane.ts';
import { reconcileDefinition } from './definition/reconcile-definition.ts';
import { installServices } from './install.ts';
import { keepInstalled } from './keep-installed.ts';
import { runDefined, type Defined } from './run-defined.ts';

export interface ComposerOptions {
  client: Client;
  services: readonly Service[];
  signal: AbortSignal;
  log?: Logger;
  events?: EventRecorder;
  now?: () => Date;
  /** Claims, and composites, of one kind that are worked on at once. @default 8 */
  concurrency?: number;
}

export interface Composer {
  /** Resolves when nothing is being worked on or in line: what was said until then is done or waits for others. */
  idle(): Promise<void>;
  /** Resolves after the signal aborted and the last turn ended. */
  stopped: Promise<void>;
}

/** Installs the services and runs until the signal aborts. Resolves when claims of the services can be made. */
export async function startComposer(options: ComposerOptions): Promise<Composer> {
  const { services, signal } = options;
  const client = sharedReads(options.client);
  const log = options.log ?? noLog;
  const events = options.events ?? noEvents;
  const now = options.now ?? (() => new Date());
  const concurrency = options.concurrency ?? 8;
  await installServices({ client, services, signal });
  const running = new Map<string, Defined>();
  const start = (definition: CompositeResourceDefinition): void => {
    const { name } = definition.metadata;
    const service = services.find(each => each.definition.metadata.name === name);
    const defined = running.get(name);
    if (defined === undefined) {
      running.set(name, runDefined({ client, service, definition, log, events, now, concurrency, signal }));
    } else defined.update(definition);
  };
  const stop = async (name: string): Promise<void> => {
    const defined = running.get(name);
    running.delete(name);
    await defined?.stop();
  };
  const definitionKind = { apiVersion: CROSSPLANE_API, kind: 'CompositeResourceDefinition' };
  const crdKind = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' };
  const definitions = runController({
    client,
    name: 'definition',
    watches: [{ kind: definitionKind }, { kind: crdKind, map: mapToOwner(definitionKind) }],
    reconcile: name => reconcileDefinition({ client, start, stop, now }, name),
    signal,
    log,
    events,
  });
  const controllers = (): Controller[] => [
    definitions,
    installed,
    ...[...running.values()].flatMap(each => each.controllers),
  ];
  const installed = keepInstalled({ client, services, signal, log });
  await definitions.synced;
  await untilOffered(options);
  return {
    idle: async () => {
      for (const controller of controllers()) await controller.idle();
    },
    stopped: definitions.stopped.then(async () => {
      await Promise.all([installed.stopped, ...[...running.values()].map(each => each.stop())]);
    }),
  };
}

/** A claim that is made too early would be refused, since nobody knows its kind yet. */
async function untilOffered({ client, services, signal }: ComposerOptions): Promise<void> {
  for (const { definition } of services) {
    const condition = definition.spec.claimNames ? 'Offered' : 'Established';
    // One that is being deleted waits for its objects, maybe for days, and says so itself.
    const offered = (xrd: KubeObject | undefined): boolean =>
      xrd !== undefined &&
      (xrd.metadata.deletionTimestamp !== undefined || isConditionTrue(conditionsOf(xrd), condition));
    await waitFor(client, refOf(definition), offered, { timeoutMs: 60_000, signal });
  }
}
