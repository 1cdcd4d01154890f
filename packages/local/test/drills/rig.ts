/** Drills as a claim's owner holds them, and a look at what they leave. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { DrillReport, DrillStatus } from '@larder/catalog';
import { waitFor } from '@larder/controller';
import type { Client, KubeObject } from '@larder/kube';
import { observeProcess } from '@larder/postgres';
import type { Home } from '../../src/home/home.ts';
import { drillSocketFolder } from '../../src/drills/place.ts';
import { NAMESPACE } from '../backups/rig.ts';

export interface DrillOperation {
  phase?: string;
  message?: string;
  drill?: DrillReport;
}

let count = 0;

/** Asks for a drill, and returns what its operation is asked by. */
export async function askForDrill(client: Client, instance: string): Promise<KubeObject> {
  return client.create({
    apiVersion: 'syn.tools/v1',
    kind: 'PostgreSQLOperation',
    metadata: { name: `drill-${++count}`, namespace: NAMESPACE },
    spec: { parameters: { instance, operation: 'Drill' } },
  });
}

/** The operation's status once it fulfils `predicate`. */
export async function untilOperation(
  client: Client,
  { apiVersion, kind, metadata: { name, namespace } }: KubeObject,
  predicate: (status: DrillOperation) => boolean,
): Promise<DrillOperation> {
  const isSo = (object?: KubeObject): boolean => predicate((object?.status as DrillOperation | undefined) ?? {});
  const done = await waitFor(client, { apiVersion, kind, namespace, name }, isSo, { timeoutMs: 240_000 });
  return (done?.status as DrillOperation | undefined) ?? {};
}

export const isOver = ({ phase }: DrillOperation): boolean => phase === 'Succeeded' || phase === 'Failed';

export async function holdDrill(client: Client, instance: string): Promise<DrillOperation> {
  return untilOperation(client, await askForDrill(client, instance), isOver);
}

export function drillOf(object: KubeObject | undefined): DrillStatus | undefined {
  return (object?.status as { drill?: DrillStatus } | undefined)?.drill;
}

/** Folders, sockets and processes that belong to a drill. */
export function leftovers(home: Home): string[] {
  const folders = list(home.instances).filter(name => name.startsWith('.drill'));
  const sockets = existsSync(drillSocketFolder(home)) ? [drillSocketFolder(home)] : [];
  const processes = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(pid => observeProcess(Number(pid)))
    .filter(seen => seen?.folder?.startsWith(`${home.instances}/.drill`))
    .map(seen => `process ${seen?.pid}`);
  return [...folders, ...sockets, ...processes];
}

/** The report comes before the plane has looked once more that nothing is left. */
export async function untilNothingIsLeft(home: Home): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (leftovers(home).length > 0) {
    assert.ok(performance.now() < deadline, leftovers(home).join(', '));
    await delay(50);
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
