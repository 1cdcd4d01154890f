/** What the object says of its server. Conditions but `Ready` are there only while they have something to say. */
import type { PostgresServer, PostgresServerStatus } from '@larder/catalog';
import { conditionsOf, putStatus, setCondition } from '@larder/controller';
import type { Condition } from '@larder/kube';
import type { Plane } from './work.ts';

/** A condition that isn't well, or `Ready`. */
export type Finding = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

export function ready(): Finding {
  return { type: 'Ready', status: 'True', reason: 'Available', message: '' };
}

export function notReady(reason: string, message: string): Finding {
  return { type: 'Ready', status: 'False', reason, message };
}

export function unwell(type: string, reason: string, message: string): Finding {
  return { type, status: 'False', reason, message };
}

/**
 * Writes the status where it differs. `findings` replaces all conditions; what `facts` leaves out stays as it is.
 */
export async function writeStatus(
  plane: Pick<Plane, 'client' | 'clock'>,
  object: PostgresServer,
  findings: Finding[],
  facts: Partial<PostgresServerStatus> = {},
): Promise<void> {
  const old = conditionsOf(object);
  const observedGeneration = object.metadata.generation;
  let conditions: Condition[] = old.filter(({ type }) => findings.some(finding => finding.type === type));
  for (const finding of findings) {
    const { message, ...rest } = finding;
    const condition = {
      ...rest,
      ...(message ? { message } : {}),
      ...(observedGeneration ? { observedGeneration } : {}),
    };
    conditions = setCondition(conditions, condition, plane.clock());
  }
  const { handsOff: _, ...known } = object.status ?? {};
  const status = { ...known, ...facts, conditions, ...(observedGeneration ? { observedGeneration } : {}) };
  const stored = await putStatus(plane.client, object, status);
  // What is written next in this reconcile is a change of this.
  object.status = stored.status;
  object.metadata.resourceVersion = stored.metadata.resourceVersion;
}
