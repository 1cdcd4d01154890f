/** Three instances: the primary's pod is killed, another takes over, and the third comes back. */
import assert from 'node:assert/strict';
import { waitFor } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { CLAIM, claimOf, engineOf, inNamespace, podsOf, untilReady } from './context.ts';
import type { Check } from './context.ts';

interface Status {
  currentPrimary?: string;
  readyInstances?: number;
}

export const threeInstances: Check = {
  name: 'three instances survive the loss of their primary',
  run: ({ client, log }) =>
    inNamespace(client, async namespace => {
      const ref = { ...CLAIM, name: 'three', namespace };
      await client.create(claimOf(namespace, 'three', { instances: 3 }));
      const { object, seconds } = await untilReady(client, ref);
      log(`three instances Ready in ${seconds.toFixed(1)} s`);
      const { ref: engine } = await engineOf(client, object);
      const all = (found: KubeObject | undefined): boolean => statusOf(found).readyInstances === 3;
      const before = statusOf(await waitFor(client, engine, all, { timeoutMs: 480_000 })).currentPrimary;
      assert.equal((await podsOf(client, engine)).length, 3);
      const start = Date.now();
      const pod = { apiVersion: 'v1', kind: 'Pod', name: before!, namespace: engine.namespace };
      await client.delete(pod, { gracePeriodSeconds: 0 });
      const moved = (found: KubeObject | undefined): boolean => {
        const { currentPrimary } = statusOf(found);
        return currentPrimary !== undefined && currentPrimary !== before;
      };
      await waitFor(client, engine, moved, { timeoutMs: 300_000 });
      log(`another primary after ${((Date.now() - start) / 1000).toFixed(1)} s`);
      await waitFor(client, engine, all, { timeoutMs: 480_000 });
      await untilReady(client, ref);
      log(`all three are back after ${((Date.now() - start) / 1000).toFixed(1)} s`);
    }),
};

function statusOf(object: KubeObject | undefined): Status {
  return object?.status ?? {};
}
