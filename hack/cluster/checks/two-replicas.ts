/** Two replicas of the function: one is killed, and claims go on being composed by the other. */
import assert from 'node:assert/strict';
import type { HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { FUNCTION } from '../../../packages/cli/src/kubernetes/catalog.ts';
import { until } from '../until.ts';
import { claimOf, podsOf, untilReady } from './context.ts';
import { functionPods, killFunction, onRunningClaim } from './faults.ts';

const RUNTIME = {
  apiVersion: 'pkg.crossplane.io/v1beta1',
  kind: 'DeploymentRuntimeConfig',
  name: 'check-two-replicas',
};

export const twoReplicas = onRunningClaim(
  'of two replicas of the function one is killed: new claims come, and nothing restarts',
  async ({ client, namespace, ref, engine, pods }) => {
    const { name, ...kind } = RUNTIME;
    const spec = { deploymentTemplate: { spec: { replicas: 2, selector: {}, template: {} } } };
    await client.create({ ...kind, metadata: { name }, spec });
    try {
      await run(client, RUNTIME);
      await untilRunning(client, 2);
      const [first] = await functionPods(client);
      await killFunction(client, [first!]);
      await client.create(claimOf(namespace, 'meanwhile'));
      await untilReady(client, { ...ref, name: 'meanwhile' });
      await untilReady(client, ref);
      assert.deepEqual(await podsOf(client, engine), pods, 'a database was restarted');
    } finally {
      await run(client, { ...RUNTIME, name: 'default' });
      await untilRunning(client, 1);
      await client.delete(RUNTIME);
    }
  },
);

async function run(client: HttpClient, runtimeConfigRef: typeof RUNTIME): Promise<void> {
  await client.patch(FUNCTION, { type: 'merge', body: { spec: { runtimeConfigRef } } });
}

async function untilRunning(client: HttpClient, replicas: number): Promise<void> {
  const isReady = ({ status }: KubeObject): boolean =>
    ((status as { conditions?: { type: string; status: string }[] })?.conditions ?? []).some(
      each => each.type === 'Ready' && each.status === 'True',
    );
  const areRunning = async (): Promise<boolean> => {
    const found = await functionPods(client);
    return found.length === replicas && found.every(isReady);
  };
  await until(`${replicas} replicas of the function`, areRunning, { seconds: 300 });
}
