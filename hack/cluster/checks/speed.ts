/** Claim → Ready against the engine's own object, in turns in one run, and where a claim's time goes. */
import { waitFor } from '@larder/controller';
import type { HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { CLAIM, COMPOSITE, ENGINE, claimOf, engineOf, inNamespace, isTrue, untilGone, untilReady } from './context.ts';
import { until } from '../until.ts';
import type { Check } from './context.ts';

const PATIENCE = { timeoutMs: 480_000 };

export const speed = (turns: number): Check => ({
  name: 'a claim is Ready soon after a bare Cluster would be',
  run: ({ client, log }) =>
    inNamespace(client, async namespace => {
      // Once for nothing: the image is pulled and every watch is open.
      await claimed(client, namespace, 'warm');
      const warm = await client.get({ ...CLAIM, name: 'warm', namespace });
      // The very same server: what PostgreSQL itself takes longer for is no time of the claim's.
      const { spec } = await client.get((await engineOf(client, warm)).ref);
      await remove(client, { ...CLAIM, name: 'warm', namespace });
      const differences: number[] = [];
      for (let turn = 1; turn <= turns; turn += 1) {
        const bare = await alone(client, namespace, spec);
        const { made, well, ready, words } = await claimed(client, namespace, `turn-${turn}`);
        await remove(client, { ...CLAIM, name: `turn-${turn}`, namespace });
        differences.push(ready - bare);
        log(
          `bare Cluster ${text(bare)}; claim ${text(ready)}: its Cluster made at ${text(made)}, Ready at ${text(well)}${words}`,
        );
      }
      const median = differences.sort((left, right) => left - right)[Math.floor(turns / 2)] ?? NaN;
      log(`a claim takes ${text(median)} more than a bare Cluster, median of ${turns}; at most 3 s are meant`);
    }),
});

/** Seconds until a Cluster that nobody claimed is Ready; it is gone afterwards. */
async function alone(client: HttpClient, namespace: string, spec: unknown): Promise<number> {
  const ref = { ...ENGINE, name: 'bare', namespace };
  const start = Date.now();
  await client.create({ ...ENGINE, metadata: { name: 'bare', namespace }, spec });
  const { seconds } = await untilReady(client, ref, start);
  await remove(client, ref);
  // A claim is gone when all that was its own is; what is still ending here would slow the claim that comes next.
  await untilNone(client, 'Pod', namespace);
  await untilNone(client, 'PersistentVolumeClaim', namespace);
  return seconds;
}

async function untilNone(client: HttpClient, kind: string, namespace: string): Promise<void> {
  const isNone = async (): Promise<boolean> =>
    (await client.list({ apiVersion: 'v1', kind }, { namespace })).items.length === 0;
  await until(`the last ${kind} of a bare Cluster to go`, isNone, { seconds: PATIENCE.timeoutMs / 1000 });
}

/** Seconds from the claim until its Cluster is there, is Ready, and until the claim itself is. */
async function claimed(
  client: HttpClient,
  namespace: string,
  name: string,
): Promise<{ made: number; well: number; ready: number; words: string }> {
  const ref = { ...CLAIM, name, namespace };
  const start = Date.now();
  await client.create(claimOf(namespace, name));
  const bound = await waitFor(client, ref, found => compositeOf(found) !== undefined, PATIENCE);
  const composite = compositeOf(bound)!;
  const engine = { ...ENGINE, name: composite, namespace: `sv-postgresql-${composite}` };
  const after = async (condition: (found: KubeObject | undefined) => boolean): Promise<number> => {
    await waitFor(client, engine, condition, PATIENCE);
    return (Date.now() - start) / 1000;
  };
  const made = await after(found => found !== undefined);
  const well = await after(found => isTrue(found, 'Ready'));
  const { seconds: ready } = await untilReady(client, ref, start);
  // More looks within a minute than Crossplane grants a composite, and it looks every half minute only.
  const isResponsive = isTrue(await client.get({ ...COMPOSITE, name: composite }), 'Responsive');
  return { made, well, ready, words: isResponsive ? '' : '; Crossplane had enough of its events (Responsive=False)' };
}

async function remove(client: HttpClient, ref: typeof CLAIM & { name: string; namespace: string }): Promise<void> {
  await client.delete(ref);
  await untilGone(client, ref);
}

function compositeOf(claim: KubeObject | undefined): string | undefined {
  return (claim?.spec as { resourceRef?: { name: string } } | undefined)?.resourceRef?.name;
}

function text(seconds: number): string {
  return `${seconds.toFixed(1)} s`;
}
