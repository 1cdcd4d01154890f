/** An API that answers Crossplane with errors while a claim runs: the claim's composite says so, goes on when it is over, and no database notices. */
import assert from 'node:assert/strict';
import { waitFor } from '@larder/controller';
import type { HttpClient } from '@larder/controller';
import { StatusError, type KubeObject, type ObjectRef } from '@larder/kube';
import { until } from '../until.ts';
import { COMPOSITE, isFalse, isTrue, podsOf, untilReady } from './context.ts';
import { onRunningClaim } from './faults.ts';

const HOOK = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  name: 'check-nobody-answers',
};
const COMPOSITION = { apiVersion: 'apiextensions.crossplane.io/v1', kind: 'Composition', name: 'postgresql' };
const PATIENCE = { timeoutMs: 480_000 };

export const apiAnswers500 = onRunningClaim(
  'the API answers 500 for Clusters: nothing is lost, and a change comes when it is well',
  async ({ client, ref, engine, composite, pods }) => {
    const before = await client.get(engine);
    const { name, ...kind } = HOOK;
    await client.create({ ...kind, metadata: { name }, webhooks: [nobody(engine.namespace ?? '')] });
    try {
      await until('the API to answer 500', () => answers500(client, engine), { seconds: 180 });
      const parameters = { settings: { work_mem: '8MB' } };
      await client.patch(ref, { type: 'merge', body: { spec: { parameters } } });
      await waitFor(client, { ...COMPOSITE, name: composite }, found => isFalse(found, 'Synced'), PATIENCE);
      assert.deepEqual((await client.get(engine)).spec, before.spec, 'the Cluster was changed');
    } finally {
      await client.delete(HOOK);
    }
    await waitFor(client, engine, found => settingOf(found, 'work_mem') === '8MB', PATIENCE);
    await untilWell(client, ref, composite);
    assert.equal((await client.get(engine)).metadata.uid, before.metadata.uid, 'the Cluster was made anew');
    assert.deepEqual(await podsOf(client, engine), pods, 'a database was restarted');
  },
);

/** Refuses all, since it can't be reached; the status of Clusters, which their operator writes, goes past it. */
function nobody(namespace: string): object {
  return {
    name: 'nobody.larder.dev',
    clientConfig: { service: { namespace: 'default', name: 'nobody', port: 443 } },
    rules: [{ apiGroups: ['postgresql.cnpg.io'], apiVersions: ['*'], operations: ['*'], resources: ['clusters'] }],
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    failurePolicy: 'Fail',
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    timeoutSeconds: 2,
  };
}

async function answers500(client: HttpClient, engine: ObjectRef): Promise<boolean> {
  try {
    const body = { metadata: { labels: { 'larder.dev/asked': 'yes' } } };
    await client.patch(engine, { type: 'merge', body }, { dryRun: true });
    return false;
  } catch (error) {
    if (error instanceof StatusError && error.code === 500) return true;
    throw error;
  }
}

function settingOf(cluster: KubeObject | undefined, name: string): string | undefined {
  const spec = cluster?.spec as { postgresql?: { parameters?: Record<string, string> } } | undefined;
  return spec?.postgresql?.parameters?.[name];
}

/** Needs a cluster without the Prometheus Operator: its kinds are asked for all the same. */
export const kindMissing = onRunningClaim(
  'the definition of a composed kind is missing: nothing is lost, and it goes on when nobody asks for it any more',
  async ({ client, ref, engine, composite, pods }) => {
    const before = await client.get(engine);
    await monitoring(client, true);
    try {
      await alerts(client, ref, true);
      await waitFor(client, { ...COMPOSITE, name: composite }, found => isFalse(found, 'Synced'), PATIENCE);
    } finally {
      await alerts(client, ref, false);
      await monitoring(client, false);
    }
    await untilWell(client, ref, composite);
    const after = await client.get(engine);
    assert.deepEqual(after.spec, before.spec, 'the Cluster was changed');
    assert.equal(after.metadata.uid, before.metadata.uid, 'the Cluster was made anew');
    assert.deepEqual(await podsOf(client, engine), pods, 'a database was restarted');
  },
);

interface Pipeline {
  pipeline: { input: { monitoring: { prometheusOperator: boolean } } }[];
}

/** What the composition is told about the cluster. */
async function monitoring(client: HttpClient, prometheusOperator: boolean): Promise<void> {
  const { pipeline } = (await client.get(COMPOSITION)).spec as Pipeline;
  for (const { input } of pipeline) input.monitoring = { ...input.monitoring, prometheusOperator };
  await client.patch(COMPOSITION, { type: 'merge', body: { spec: { pipeline } } });
}

async function alerts(client: HttpClient, claim: ObjectRef, enabled: boolean): Promise<void> {
  await client.patch(claim, { type: 'merge', body: { spec: { parameters: { alerts: { enabled } } } } });
}

async function untilWell(client: HttpClient, claim: ObjectRef, composite: string): Promise<void> {
  await waitFor(client, { ...COMPOSITE, name: composite }, found => isTrue(found, 'Synced'), PATIENCE);
  await untilReady(client, claim);
}
