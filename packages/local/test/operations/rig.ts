/** A plane's share that keeps servers and does what is done to them once. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { CHANGE_SERVER_LABEL, LOCAL_API_VERSION, type PostgresChange } from '@larder/catalog';
import { noEvents, noLog, waitFor, type EventRecorder } from '@larder/controller';
import type { ObjectRef } from '@larder/kube';
import type { Deeds } from '../../src/operations/step.ts';
import { runOperations } from '../../src/operations/run.ts';
import { makeRig, type Rig, type RigOptions } from '../servers/rig.ts';

export interface OperationsRig extends Rig {
  /** Starts what carries changes out, as a plane that comes up. */
  runOperations(options?: { clock?: () => Date; deeds?: Deeds; events?: EventRecorder }): void;
  /** Ends it; steps under way end, and what they did isn't noted. */
  stopOperations(): Promise<void>;
}

export async function operationsRig(
  scope: { end?: () => Promise<void> },
  options: RigOptions = {},
): Promise<OperationsRig> {
  const rig = await makeRig(scope, options);
  const running = new Set<() => Promise<void>>();
  const stopOperations = async (): Promise<void> => {
    for (const stop of running) await stop();
  };
  const end = scope.end;
  scope.end = async () => {
    await stopOperations();
    await end?.();
  };
  return {
    ...rig,
    stopOperations,
    runOperations({ clock = () => new Date(), events = noEvents, deeds } = {}) {
      const abort = new AbortController();
      const { client, home, pki } = rig;
      const base = { client, home, pki, log: noLog, events, clock, signal: abort.signal, claims: false };
      const done = runOperations({ ...base, ...(deeds ? { deeds } : {}) });
      const stop = async (): Promise<void> => {
        running.delete(stop);
        abort.abort();
        await done;
      };
      running.add(stop);
    },
  };
}

export function refOfChange(name: string): ObjectRef {
  return { apiVersion: LOCAL_API_VERSION, kind: 'PostgresChange', name };
}

/** Asks for something to be done to a server. Returns the change's name. */
export async function ask(
  { client }: Rig,
  server: string,
  operation: PostgresChange['spec']['operation'],
  spec: Partial<PostgresChange['spec']> = {},
): Promise<string> {
  const name = `${server}-${operation.toLowerCase()}-${randomBytes(3).toString('hex')}`;
  const metadata = { name, labels: { [CHANGE_SERVER_LABEL]: server } };
  const object = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresChange', metadata };
  await client.create({ ...object, spec: { server, operation, ...spec } });
  return name;
}

export async function untilChange(
  { client }: Rig,
  name: string,
  predicate: (change: PostgresChange) => boolean,
): Promise<PostgresChange> {
  const found = await waitFor(
    client,
    refOfChange(name),
    object => object !== undefined && predicate(object as PostgresChange),
    { timeoutMs: 120_000 },
  );
  assert.ok(found);
  return found as PostgresChange;
}

export function untilOver(rig: Rig, name: string): Promise<PostgresChange> {
  return untilChange(rig, name, ({ status }) => status?.completedAt !== undefined);
}
