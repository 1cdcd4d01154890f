/**
 * Two hundred claims while the engine is paused, so that what is measured is the catalog and Crossplane: how long until all are composed, and
 * what each costs an hour when nothing happens, in processor time and in calls of the API.
 */
import { waitFor } from '@larder/controller';
import type { HttpClient } from '@larder/controller';
import type { KubeObject, ObjectRef } from '@larder/kube';
import { until } from '../until.ts';
import { ENGINE, claimOf, inNamespace } from './context.ts';
import type { Check } from './context.ts';

const CLAIMS = 200;
const WATCHED_SECONDS = 180;
const DEPLOYMENT: ObjectRef = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  namespace: 'cnpg-system',
  name: 'cnpg-controller-manager',
};
/** Without its operator nobody answers for them, and the API would refuse every Cluster. */
const webhooks = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'].map(kind => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind,
  name: `cnpg-${kind === 'MutatingWebhookConfiguration' ? 'mutating' : 'validating'}-webhook-configuration`,
}));

export const manyClaims: Check = {
  name: `${CLAIMS} claims are composed while the engine is paused, and cost little afterwards`,
  run: ({ client, log }) =>
    whilePaused(client, () =>
      inNamespace(client, async namespace => {
        const start = Date.now();
        for (let n = 0; n < CLAIMS; n += 1) await client.create(claimOf(namespace, `many-${n}`));
        const isComposed = async (): Promise<boolean> => (await client.list(ENGINE)).items.length >= CLAIMS;
        await until(`${CLAIMS} Clusters`, isComposed, { seconds: 1800 });
        const seconds = (Date.now() - start) / 1000;
        log(`${CLAIMS} claims composed in ${seconds.toFixed(1)} s, ${(seconds / CLAIMS).toFixed(2)} s each`);
        await measure(client, log);
      }),
    ),
};

async function whilePaused(client: HttpClient, use: () => Promise<void>): Promise<void> {
  const kept = await Promise.all(webhooks.map(ref => client.get(ref)));
  await client.patch(DEPLOYMENT, { type: 'merge', body: { spec: { replicas: 0 } } });
  for (const ref of webhooks) await client.delete(ref);
  try {
    await use();
  } finally {
    for (const object of kept) await client.create(renewed(object));
    await client.patch(DEPLOYMENT, { type: 'merge', body: { spec: { replicas: 1 } } });
    const isBack = (found: KubeObject | undefined): boolean =>
      ((found?.status as { readyReplicas?: number } | undefined)?.readyReplicas ?? 0) > 0;
    await waitFor(client, DEPLOYMENT, isBack, { timeoutMs: 300_000 });
  }
}

function renewed({ metadata, ...object }: KubeObject): KubeObject {
  const { name, labels, annotations } = metadata;
  return { ...object, metadata: { name, ...(labels && { labels }), ...(annotations && { annotations }) } };
}

interface Spent {
  calls: number;
  crossplane: number;
  catalog: number;
}

async function measure(client: HttpClient, log: (line: string) => void): Promise<void> {
  const before = await spent(client);
  const start = Date.now();
  await new Promise(resolve => setTimeout(resolve, WATCHED_SECONDS * 1000));
  const after = await spent(client);
  const perHour = 3_600_000 / (Date.now() - start) / CLAIMS;
  const a = (key: keyof Spent): string => ((after[key] - before[key]) * perHour).toFixed(1);
  log(
    `each claim an hour: ${a('calls')} calls of the API, ${a('crossplane')} s of Crossplane, ${a('catalog')} s of the function`,
  );
}

/** Since the beginning: calls of the API but watches, and processor time. */
async function spent(client: HttpClient): Promise<Spent> {
  const api = await textAt(client, '/metrics');
  const calls = sumOf(api, /^apiserver_request_total\{(?!.*verb="WATCH").*\} (\S+)$/gm);
  const { items } = await client.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace: 'crossplane-system' });
  const [crossplane = 0, catalog = 0] = await Promise.all(
    [/^crossplane-(?!rbac)/, /^larder-/].map(async name => {
      const pods = items.filter(({ metadata }) => name.test(metadata.name));
      return (await Promise.all(pods.map(pod => cpuOf(client, pod)))).reduce((sum, each) => sum + each, 0);
    }),
  );
  return { calls, crossplane, catalog };
}

/** As kubelet counts it, for all containers of the pod. */
async function cpuOf(client: HttpClient, { metadata, spec }: KubeObject): Promise<number> {
  const node = (spec as { nodeName: string }).nodeName;
  const text = await textAt(client, `/api/v1/nodes/${node}/proxy/metrics/resource`);
  return sumOf(text, new RegExp(`^pod_cpu_usage_seconds_total\\{[^}]*pod="${metadata.name}"[^}]*\\} (\\S+)`, 'gm'));
}

/** An API that has just made two hundred of everything may be too busy to say. */
async function textAt(client: HttpClient, path: string): Promise<string> {
  let text = '';
  const isTold = async (): Promise<boolean> => {
    const { status, body } = await client.transport.request({ method: 'GET', path });
    text = body;
    return status === 200;
  };
  await until(`an answer of the API to ${path}`, isTold, { seconds: 180 });
  return text;
}

function sumOf(text: string, line: RegExp): number {
  return [...text.matchAll(line)].reduce((sum, [, value]) => sum + Number(value), 0);
}
