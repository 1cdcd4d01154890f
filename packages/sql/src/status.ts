/** What an object says of its role or database: `Ready`, and other conditions only while they have something to say. */
import { conditionsOf, putStatus, setCondition, type EventContent } from '@larder/controller';
import type { Client, Condition, KubeObject } from '@larder/kube';
import type { SqlContext } from './context.ts';

export type Finding = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

export const ready: Finding = { type: 'Ready', status: 'True', reason: 'Available', message: '' };

export function notReady(reason: string, message: string): Finding {
  return { type: 'Ready', status: 'False', reason, message };
}

/** Writes the status where it differs: `findings` are all conditions; what `facts` leaves out stays as it is. */
export async function writeStatus<T extends KubeObject>(
  { client, now }: { client: Client; now: () => Date },
  object: T,
  findings: Finding[],
  facts: object = {},
): Promise<void> {
  const { generation } = object.metadata;
  const old = (object.status ?? {}) as Record<string, unknown>;
  let conditions = conditionsOf(object).filter(({ type }) => findings.some(finding => finding.type === type));
  for (const { message, ...finding } of findings) {
    const condition = {
      ...finding,
      ...(message && { message }),
      ...(generation && { observedGeneration: generation }),
    };
    conditions = setCondition(conditions, condition, now());
  }
  const status = { ...old, ...facts, conditions, ...(generation && { observedGeneration: generation }) };
  await putStatus(client, object, status);
}

/** The kinds of claims, by the kind that they compose. */
const claimKinds: Record<string, string> = { PostgresRole: 'PostgreSQLUser', PostgresDatabase: 'PostgreSQLDatabase' };

/** Tells the object and the claim that it was made for. Never throws, nothing is waited for. */
export function tell(
  { client, events }: Pick<SqlContext, 'client' | 'events'>,
  object: KubeObject,
  event: EventContent,
): void {
  events.record(object, event);
  const { 'crossplane.io/claim-name': name, 'crossplane.io/claim-namespace': namespace } = object.metadata.labels ?? {};
  const kind = claimKinds[object.kind];
  if (!name || !namespace || !kind) return;
  client.find({ apiVersion: 'syn.tools/v1', kind, name, namespace }).then(
    claim => claim && events.record(claim, event),
    () => undefined, // an event that can't be written is lost on purpose
  );
}
