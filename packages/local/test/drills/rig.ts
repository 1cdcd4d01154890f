/** Drills as a claim's owner holds them, and a look at what they leave. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { archiveKeys, openStore } from '@larder/archive';
import type { DrillReport, DrillStatus } from '@larder/catalog';
import { waitFor } from '@larder/controller';
import type { Client, KubeObject, ObjectRef } from '@larder/kube';
import { observeProcess } from '@larder/postgres';
import { bucketOwnerKey } from '../../src/buckets/access.ts';
import type { Home } from '../../src/home/home.ts';
import { drillSocketFolder } from '../../src/drills/place.ts';
import { findOrder, listOrders } from '../../src/storage/archives.ts';
import { NAMESPACE } from '../backups/rig.ts';

export interface DrillOperation {
  phase?: string;
  message?: string;
  backupName?: string;
  conditions?: { type: string; status: string }[];
  drill?: DrillReport;
}

let count = 0;

/** Asks for a drill, and returns what its operation is asked by. */
export async function askForDrill(client: Client, instance: string): Promise<KubeObject> {
  return ask(client, instance, 'Drill');
}

async function ask(client: Client, instance: string, operation: 'Backup' | 'Drill'): Promise<KubeObject> {
  return client.create({
    apiVersion: 'syn.tools/v1',
    kind: 'PostgreSQLOperation',
    metadata: { name: `operation-${++count}`, namespace: NAMESPACE },
    spec: { parameters: { instance, operation } },
  });
}

export function refOfOperation({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): ObjectRef {
  return { apiVersion, kind, namespace, name };
}

/** The operation's status once it is over, or refused. */
async function untilOver(client: Client, operation: KubeObject): Promise<DrillOperation> {
  const ends = (object?: KubeObject): boolean => {
    const status = (object?.status as DrillOperation | undefined) ?? {};
    return (
      isOver(status) || (status.conditions ?? []).some(({ type, status: is }) => type === 'Accepted' && is === 'False')
    );
  };
  const done = await waitFor(client, refOfOperation(operation), ends, { timeoutMs: 240_000 });
  return (done?.status as DrillOperation | undefined) ?? {};
}

export const isOver = ({ phase }: DrillOperation): boolean => phase === 'Succeeded' || phase === 'Failed';

export async function holdDrill(client: Client, instance: string): Promise<DrillOperation> {
  return untilOver(client, await askForDrill(client, instance));
}

/** Makes a base backup, and returns its name. */
export async function backUp(client: Client, instance: string): Promise<string> {
  const { phase, backupName = '', message } = await untilOver(client, await ask(client, instance, 'Backup'));
  assert.equal(phase, 'Succeeded', message);
  return backupName;
}

/** Changes one bit of the page with that text, in a backup that can be unpacked as before. */
export async function flipByte(
  home: Home,
  client: Client,
  { instance, backup, text }: { instance: string; backup: string; text: string },
): Promise<void> {
  const name = listOrders(home, 'archives').find(server => server.startsWith(`${instance}-`)) ?? '';
  const owner = await bucketOwnerKey(client, name);
  const store = openStore({ ...findOrder(home, 'archives', name)!.destination, ...owner });
  const folder = archiveKeys(store.destination).backupFolder(backup);
  let flipped = 0;
  for await (const entry of store.list(folder)) {
    if (entry.kind !== 'object' || !entry.key.endsWith('.tar.gz')) continue;
    const plain = gunzipSync((await store.read(entry.key, 2 ** 28))!);
    const at = plain.indexOf(text);
    if (at < 0) continue;
    plain[at]! ^= 1;
    await store.put(entry.key, gzipSync(plain, { level: 1 }));
    flipped++;
  }
  store.close();
  assert.equal(flipped, 1);
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
