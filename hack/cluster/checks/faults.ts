/** Accidents to a claim that runs. None may restart or delete its database. */
import assert from 'node:assert/strict';
import { waitFor } from '@larder/controller';
import type { HttpClient } from '@larder/controller';
import type { KubeObject, ObjectRef } from '@larder/kube';
import { CLAIM, COMPOSITE, claimOf, engineOf, inNamespace, podsOf, untilGone, untilReady } from './context.ts';
import type { Check } from './context.ts';

const POD = { apiVersion: 'v1', kind: 'Pod' };
const SYSTEM = 'crossplane-system';

interface Running {
  client: HttpClient;
  environment: Record<string, string>;
  namespace: string;
  ref: ObjectRef;
  engine: ObjectRef;
  composite: string;
  pods: string[];
}

/** A check on a claim that is Ready. */
export function onRunningClaim(name: string, use: (running: Running) => Promise<void>): Check {
  const run: Check['run'] = ({ client, environment }) =>
    inNamespace(client, async namespace => {
      const ref = { ...CLAIM, name: 'db', namespace };
      await client.create(claimOf(namespace, 'db'));
      const { object } = await untilReady(client, ref);
      const { ref: engine, composite } = await engineOf(client, object);
      await use({ client, environment, namespace, ref, engine, composite, pods: await podsOf(client, engine) });
    });
  return { name, run };
}

export const functionKilled = onRunningClaim(
  'the function is killed: claims go on, and new ones come when it is back',
  async at => {
    const { client, namespace, ref, engine, pods } = at;
    const killed = await functionPods(client);
    assert.notEqual(killed.length, 0, 'no pod of the function is found');
    await killFunction(client, killed);
    await client.create(claimOf(namespace, 'meanwhile'));
    await untilReady(client, { ...ref, name: 'meanwhile' });
    await untilReady(client, ref);
    assert.deepEqual(await podsOf(client, engine), pods, 'a database was restarted');
  },
);

export const engineEdited = onRunningClaim(
  'an engine object is edited by hand: it is put right, and nothing restarts',
  async at => {
    const { client, engine, ref, pods } = at;
    const before = (await client.get(engine)).spec as { instances: number };
    await client.patch(engine, { type: 'merge', body: { spec: { instances: before.instances + 1 } } });
    const isBack = (found: KubeObject | undefined): boolean =>
      (found?.spec as { instances?: number })?.instances === before.instances;
    await waitFor(client, engine, isBack, { timeoutMs: 300_000 });
    await untilReady(client, ref);
    const after = await podsOf(client, engine);
    assert.ok(
      pods.every(uid => after.includes(uid)),
      'a database was restarted',
    );
  },
);

export const engineDeleted = onRunningClaim(
  'an engine object is deleted by hand: the claim says so and gets one again',
  async at => {
    const { client, engine, ref } = at;
    const { uid } = (await client.get(engine)).metadata;
    await client.delete(engine);
    const isNew = (found: KubeObject | undefined): boolean => found !== undefined && found.metadata.uid !== uid;
    await waitFor(client, engine, isNew, { timeoutMs: 300_000 });
    await untilReady(client, ref);
  },
);

export const deletedHalfWay: Check = {
  name: 'a claim is deleted while it is being made: nothing is left',
  run: ({ client }) =>
    inNamespace(client, async namespace => {
      const ref = { ...CLAIM, name: 'short', namespace };
      await client.create(claimOf(namespace, 'short'));
      const bound = await waitFor(client, ref, found => nameOfComposite(found) !== undefined, { timeoutMs: 300_000 });
      const composite = nameOfComposite(bound)!;
      await client.delete(ref);
      await untilGone(client, ref);
      await untilGone(client, { ...COMPOSITE, name: composite });
      await untilGone(client, { apiVersion: 'v1', kind: 'Namespace', name: `sv-postgresql-${composite}` });
    }),
};

function nameOfComposite(claim: KubeObject | undefined): string | undefined {
  return (claim?.spec as { resourceRef?: { name: string } } | undefined)?.resourceRef?.name;
}

export async function functionPods(client: HttpClient): Promise<KubeObject[]> {
  const { items } = await client.list(POD, { namespace: SYSTEM, labelSelector: 'pkg.crossplane.io/function=larder' });
  return items;
}

export async function killFunction(client: HttpClient, pods: KubeObject[]): Promise<void> {
  for (const { metadata } of pods)
    await client.delete({ ...POD, name: metadata.name, namespace: SYSTEM }, { gracePeriodSeconds: 0 });
}
