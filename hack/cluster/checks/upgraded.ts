/** A newer release of the catalog under a claim that runs: its function and its compositions come, and no database notices. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '@larder/controller';
import type { HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { FUNCTION } from '../../../packages/cli/src/kubernetes/catalog.ts';
import { untilPackage } from '../../../packages/cli/src/kubernetes/cluster.ts';
import { pushArchive, registryFrom } from '../../../packages/cli/src/kubernetes/registry.ts';
import { checkout } from '../place.ts';
import { CLAIM, COMPOSITE, claimOf, podsOf, untilReady } from './context.ts';
import { onRunningClaim } from './faults.ts';

const COMPOSITION = { apiVersion: 'apiextensions.crossplane.io/v1', kind: 'Composition', name: 'postgresql' };
const RELEASE = '0.1.99';

export const catalogUpgraded = onRunningClaim(
  'the catalog is upgraded under a claim: nothing restarts, and new claims come',
  async ({ client, environment, namespace, ref, engine, pods, composite }) => {
    const before = await client.get(engine);
    const reference = await newerFunction(environment);
    await client.patch(FUNCTION, { type: 'merge', body: { spec: { package: reference } } });
    await untilPackage(client, FUNCTION, reference);
    await offerMore(client, composite);
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

/** The function of this checkout once more, under another version and so another image. */
async function newerFunction({ REGISTRY, REGISTRY_IN_CLUSTER }: Record<string, string>): Promise<string> {
  const out = await mkdtemp(join(tmpdir(), 'larder-newer-'));
  try {
    const words = ['--import', 'tsx', 'hack/package/main.ts', '--out', out, '--version', RELEASE];
    await promisify(execFile)(process.execPath, words, { cwd: checkout });
    const registry = registryFrom(REGISTRY, REGISTRY_IN_CLUSTER);
    return await pushArchive(registry, join(out, `function-${RELEASE}.xpkg`), 'function');
  } finally {
    await rm(out, { recursive: true });
  }
}

interface Pipeline {
  pipeline: { input: { images: { version: string; image: string }[] } }[];
}

/** Another major on offer is another revision of the composition, which every composite takes up by itself. */
async function offerMore(client: HttpClient, composite: string): Promise<void> {
  const revisionOf = (found: KubeObject | undefined): string | undefined =>
    (found?.spec as { compositionRevisionRef?: { name: string } } | undefined)?.compositionRevisionRef?.name;
  const ref = { ...COMPOSITE, name: composite };
  const before = revisionOf(await client.get(ref));
  const { pipeline } = (await client.get(COMPOSITION)).spec as Pipeline;
  for (const { input } of pipeline) input.images.push({ version: '18.99', image: 'r.example.com/postgresql:18.99' });
  await client.patch(COMPOSITION, { type: 'merge', body: { spec: { pipeline } } });
  const isTaken = (found: KubeObject | undefined): boolean => ![undefined, before].includes(revisionOf(found));
  await waitFor(client, ref, isTaken, { timeoutMs: 300_000 });
}
