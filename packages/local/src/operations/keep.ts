/** Of what was done, the last twenty are kept: of an instance's operations, and of its windows. */
import { LOCAL_API_VERSION, type PostgresChange } from '@larder/catalog';
import { isNotFound, type KubeObject } from '@larder/kube';
import { isOver } from './executor.ts';
import type { OperationsPlane } from './step.ts';

export const KEPT = 20;

const OPERATION = { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLOperation' };
const CHANGE = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresChange' };

/** The claims of one instance, by `namespace/name`: what they are composed of goes with them. */
export async function keepOperations({ client }: OperationsPlane, instance: string): Promise<void> {
  const [namespace = ''] = instance.split('/');
  const { items } = await client.list(OPERATION, { namespace });
  const ended = items.filter(claim => instanceOf(claim) === instance && statusOf(claim).completedAt !== undefined);
  for (const { metadata } of oldest(ended)) {
    await client.delete({ ...OPERATION, namespace, name: metadata.name }).catch(ignoreGone);
  }
}

/** Those that the plane made itself. */
export async function keepWindows({ client }: OperationsPlane, server: string): Promise<void> {
  const { items } = await client.list<PostgresChange>(CHANGE);
  const ended = items.filter(
    change => change.spec.server === server && change.spec.operation === 'Maintenance' && isOver(change),
  );
  for (const { metadata } of oldest(ended)) await client.delete({ ...CHANGE, name: metadata.name }).catch(ignoreGone);
}

/** `namespace/name` of the instance that an operation is done to. */
export function instanceOf({ metadata, spec }: KubeObject): string {
  const { parameters } = (spec ?? {}) as { parameters?: { instance?: string } };
  return `${metadata.namespace}/${parameters?.instance}`;
}

function statusOf({ status }: KubeObject): { completedAt?: string } {
  return status ?? {};
}

function oldest(ended: KubeObject[]): KubeObject[] {
  const order = (object: KubeObject): string => `${statusOf(object).completedAt} ${object.metadata.name}`;
  const newestFirst = ended.sort((a, b) => (order(a) < order(b) ? 1 : -1));
  return newestFirst.filter(({ metadata }) => metadata.deletionTimestamp === undefined).slice(KEPT);
}

function ignoreGone(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
