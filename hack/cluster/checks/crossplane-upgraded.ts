/** Crossplane 1.20 becomes the current one under a claim that runs: the catalog is installed again for it, and no database notices. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { waitFor } from '@larder/controller';
import type { HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { CROSSPLANE_NAMESPACE, installChart } from '../../../packages/cli/src/kubernetes/crossplane.ts';
import { versionOf } from '../../../packages/cli/src/kubernetes/cluster.ts';
import { readSources } from '../../../packages/cli/src/kubernetes/sources.ts';
import { versions } from '../../../packages/cli/src/kubernetes/versions.ts';
import { checkout } from '../place.ts';
import { CLAIM, claimOf, podsOf, untilReady } from './context.ts';
import type { Check } from './context.ts';
import { onRunningClaim } from './faults.ts';

/** @param currentSources makes a sources file with the current Crossplane, and says where it is */
export function crossplaneUpgraded(currentSources: () => Promise<string>): Check {
  return onRunningClaim(
    'Crossplane is upgraded under a claim: nothing restarts, and new claims come',
    async ({ client, environment, namespace, ref, engine, pods }) => {
      const before = await client.get(engine);
      const sources = await currentSources();
      await installChart({
        ...readSources(sources).crossplane,
        release: 'crossplane',
        namespace: CROSSPLANE_NAMESPACE,
      });
      await untilCurrent(client);
      const words = ['packages/cli/bin/larder.js', 'cluster', 'provision', '--only-catalog', '--delivery', 'objects'];
      const env = { ...process.env, ...environment, LARDER_SOURCES: sources };
      await promisify(execFile)(process.execPath, words, { cwd: checkout, env });
      const meanwhile = { ...CLAIM, name: 'newer', namespace };
      await client.create(claimOf(namespace, meanwhile.name));
      await untilReady(client, meanwhile);
      await untilReady(client, ref);
      const after = await client.get(engine);
      assert.deepEqual(after.spec, before.spec, 'the Cluster was changed');
      assert.equal(after.metadata.uid, before.metadata.uid, 'the Cluster was made anew');
      assert.deepEqual(await podsOf(client, engine), pods, 'a database was restarted');
    },
  );
}

interface Rollout {
  observedGeneration?: number;
  updatedReplicas?: number;
  unavailableReplicas?: number;
}

async function untilCurrent(client: HttpClient): Promise<void> {
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: CROSSPLANE_NAMESPACE, name: 'crossplane' };
  const isCurrent = (found: KubeObject | undefined): boolean => {
    if (!found || versionOf(found) !== versions.crossplane.version) return false;
    const { observedGeneration = 0, updatedReplicas = 0, unavailableReplicas = 0 } = (found.status ?? {}) as Rollout;
    return observedGeneration >= (found.metadata.generation ?? 0) && updatedReplicas > 0 && unavailableReplicas === 0;
  };
  await waitFor(client, ref, isCurrent, { timeoutMs: 480_000 });
}
