/** Runs what is done to instances once: the operations of their owners, and maintenance in their windows. */
import { LOCAL_API_VERSION, POLICY, type PostgresChange } from '@larder/catalog';
import { runController } from '@larder/controller';
import { keyOf } from '@larder/kube';
import { openLimits } from '../servers/limits.ts';
import { loopback } from '../servers/options.ts';
import { socketRoot } from '../servers/place.ts';
import { offersOf } from '../servers/run.ts';
import { makeDeeds } from './deeds.ts';
import { isOver, reconcileChange } from './executor.ts';
import { instanceOf, keepOperations, keepWindows } from './keep.ts';
import type { Deeds, OperationsOptions, OperationsPlane } from './step.ts';
import { reconcileMajor } from './major/keep-old.ts';
import { reconcileWindow } from './windows.ts';

const kind = (name: string): { apiVersion: string; kind: string } => ({ apiVersion: LOCAL_API_VERSION, kind: name });

export interface RunOperationsOptions extends OperationsOptions {
  /** @default those of deeds.ts */
  deeds?: Deeds;
  /** Whether PostgreSQLOperation is served, so that the old ones can be removed. @default true */
  claims?: boolean;
}

/** Resolves when the signal has aborted and no step is under way. */
export async function runOperations(options: RunOperationsOptions): Promise<void> {
  const { home, pki, registry, signal, log, listen = loopback } = options;
  const servers = {
    ...{ home, pki, registry, signal, log, listen, socketRoot: socketRoot(home.folder) },
    ...{ limits: await openLimits(home), offers: offersOf(options) },
  };
  const plane: OperationsPlane = { ...options, servers, wake: name => changes.enqueue(name), alone: oneByOne() };
  const deeds = options.deeds ?? makeDeeds();
  /** The changes of each server that aren't over: a server that changed may have answered. */
  const open = new Map<string, Set<string>>();
  const openOf = (server: string): string[] => [...(open.get(server) ?? [])];
  const changes = runController({
    ...options,
    name: 'changes',
    watches: [
      { kind: kind('PostgresChange') },
      { kind: kind('PostgresServer'), map: server => openOf(keyOf(server)) },
      { kind: kind('PostgresBackup'), map: backup => [keyOf(backup)] },
    ],
    concurrency: 4,
    async reconcile(key) {
      const result = await reconcileChange(plane, deeds, key);
      const change = await plane.client.find<PostgresChange>({ ...kind('PostgresChange'), name: key });
      for (const names of open.values()) names.delete(key);
      if (!change) return result;
      const { server } = change.spec;
      if (!isOver(change)) open.set(server, (open.get(server) ?? new Set()).add(key));
      else if (change.spec.operation === 'Maintenance') await keepWindows(plane, server);
      return result;
    },
  });
  const windows = runController({
    ...options,
    name: 'windows',
    watches: [
      { kind: kind('PostgresServer') },
      {
        kind: { apiVersion: POLICY.apiVersion, kind: POLICY.kind },
        map: ({ metadata }) =>
          metadata.name === POLICY.name && metadata.namespace === POLICY.namespace ? [...known] : [],
      },
    ],
    reconcile: key => {
      known.add(key);
      return reconcileWindow(plane, key);
    },
  });
  const known = new Set<string>();
  const kept = options.claims === false ? undefined : runKeeping(plane);
  const majors = runController({
    ...options,
    name: 'major-upgrades',
    watches: [{ kind: kind('PostgresServer') }],
    reconcile: key => reconcileMajor(plane, key),
  });
  await Promise.all([changes.stopped, windows.stopped, majors.stopped, kept]);
}

function oneByOne(): OperationsPlane['alone'] {
  let last: Promise<unknown> = Promise.resolve();
  return work => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  };
}

function runKeeping(plane: OperationsPlane): Promise<void> {
  const operations = { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLOperation' };
  const controller = runController({
    ...plane,
    name: 'kept-operations',
    watches: [{ kind: operations, map: operation => [instanceOf(operation)] }],
    reconcile: instance => keepOperations(plane, instance),
  });
  return controller.stopped;
}
