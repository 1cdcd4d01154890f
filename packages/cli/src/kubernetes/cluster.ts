/** The cluster of the current kubeconfig: a client, its version, and waiting for what runs on it. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { httpClient, loadConnection, waitFor, WaitTimeoutError, type HttpClient } from '@larder/controller';
import { isNotFound, type KubeObject, type ObjectRef } from '@larder/kube';
import { CommandError, EXIT } from '../failure.ts';
import { hasCondition, reasonToWait } from '../output/conditions.ts';

/** Runs `use` with a client of the current kubeconfig's cluster. @throws CommandError when there is none */
export async function withCluster<T>(use: (client: HttpClient) => Promise<T>): Promise<T> {
  const client = httpClient(await loadConnection(kubeconfigFile()));
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

/** $KUBECONFIG (its first file) or ~/.kube/config. */
export function kubeconfigFile(): string {
  const file = process.env.KUBECONFIG?.split(':').find(Boolean) ?? join(homedir(), '.kube/config');
  if (existsSync(file)) return file;
  throw new CommandError(`cannot reach a cluster: there is no kubeconfig ${file}`, {
    remedy: 'set KUBECONFIG to the cluster that Larder is to be installed on',
    exitCode: EXIT.usage,
  });
}

/** `1.35.4`. */
export async function clusterVersion(client: HttpClient): Promise<string> {
  const { status, body } = await client.transport.request({ method: 'GET', path: '/version' });
  if (status !== 200) throw new CommandError(`the cluster did not tell its version: HTTP ${status}`);
  return (JSON.parse(body) as { gitVersion: string }).gitVersion.replace(/^v/, '');
}

/** As `find`, and a kind that the cluster doesn't have is not there either. */
export async function findObject(client: HttpClient, ref: ObjectRef): Promise<KubeObject | undefined> {
  try {
    return await client.find(ref);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export interface DeploymentRef {
  namespace: string;
  name: string;
}

/** The deployment, if it is there and available. */
export async function findAvailable(client: HttpClient, ref: DeploymentRef): Promise<KubeObject | undefined> {
  const found = await client.find({ apiVersion: 'apps/v1', kind: 'Deployment', ...ref });
  return hasCondition(found, 'Available') ? found : undefined;
}

/** The tag of its first container's image, without a `v`. */
export function versionOf(deployment: KubeObject): string {
  const { template } = deployment.spec as { template: { spec: { containers: { image: string }[] } } };
  const image = template.spec.containers[0]?.image.replace(/@.*/, '') ?? '';
  return /:v?([^:/]+)$/.exec(image)?.[1] ?? 'unknown';
}

/** @throws CommandError with what its pods complain of */
export async function untilAvailable(client: HttpClient, ref: DeploymentRef, timeoutMs = 300_000): Promise<void> {
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', ...ref };
  await untilCondition(client, deployment, 'Available', timeoutMs).catch(async (cause: unknown) => {
    if (!(cause instanceof CommandError)) throw cause;
    throw new CommandError(`${cause.message}; ${await complaints(client, ref.namespace)}`, { cause });
  });
}

/** A package's conditions speak of the one before until Crossplane has looked at the new one. @throws CommandError */
export function untilPackage(client: HttpClient, ref: ObjectRef, reference: string): Promise<void> {
  const isCurrent = ({ status }: KubeObject): boolean =>
    (status as { currentIdentifier?: string } | undefined)?.currentIdentifier === reference;
  return untilCondition(client, ref, { type: 'Healthy', isCurrent }, 300_000);
}

/** @throws CommandError with the conditions that it was left with */
export async function untilCondition(
  client: HttpClient,
  ref: ObjectRef,
  condition: string | { type: string; isCurrent: (object: KubeObject) => boolean },
  timeoutMs = 180_000,
): Promise<void> {
  const { type, isCurrent } = typeof condition === 'string' ? { type: condition, isCurrent: () => true } : condition;
  try {
    const holds = (object: KubeObject | undefined): boolean =>
      object !== undefined && isCurrent(object) && hasCondition(object, type);
    await waitFor(client, ref, holds, { timeoutMs });
  } catch (cause) {
    if (!(cause instanceof WaitTimeoutError)) throw cause;
    const last = cause.last as KubeObject | undefined;
    throw new CommandError(
      `${ref.kind} "${ref.name}" is not ${type} after ${timeoutMs / 1000} s: ${reasonToWait(last)}`,
      { cause, exitCode: EXIT.timeout },
    );
  }
}

interface ContainerStatus {
  name: string;
  ready: boolean;
  state?: { waiting?: { reason?: string; message?: string }; terminated?: { reason?: string } };
}

/** What pods of a namespace that don't run say: a wait alone hides a crash loop. */
async function complaints(client: HttpClient, namespace: string): Promise<string> {
  const { items } = await client.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace });
  const words = items.flatMap(pod => {
    const { containerStatuses = [] } = (pod.status ?? {}) as { containerStatuses?: ContainerStatus[] };
    return containerStatuses
      .filter(({ ready }) => !ready)
      .map(({ name, state }) => {
        const why = state?.waiting?.message ?? state?.waiting?.reason ?? state?.terminated?.reason ?? 'is not ready';
        return `pod ${pod.metadata.name}, container ${name}: ${why}`;
      });
  });
  return words.join('; ') || 'its pods say nothing';
}
