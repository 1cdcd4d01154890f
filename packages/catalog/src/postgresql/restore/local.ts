/** A restore on this machine: one PostgresRestore decides which backup it is, and nothing else begins before it has. */
import type { KubeObject } from '@larder/kube';
import type { DesiredComposed } from '../../composition.ts';
import { LOCAL_API_VERSION, type ServerRestore } from '../engines/postgres-server.ts';
import { fieldAt, isRecord, textOf } from '../fields.ts';
import type { Refused } from '../refused.ts';
import type { PostgresRestore } from './restore-kind.ts';

/** What the owner wrote; `undefined` when nothing is to be restored. */
export function readRestore(composite: KubeObject): Record<string, string> | undefined {
  const given = fieldAt(composite, 'spec.parameters.restore');
  if (!isRecord(given)) return undefined;
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, textOf(value)]));
}

/** Nothing when nothing is to be restored. */
export function composeRestore(
  composite: KubeObject,
  seen: PostgresRestore | undefined,
): Record<string, DesiredComposed> {
  const wish = readRestore(composite);
  if (!wish) return {};
  const namespace = textOf(fieldAt(composite, 'spec.claimRef.namespace'));
  const resource = {
    apiVersion: LOCAL_API_VERSION,
    kind: 'PostgresRestore',
    metadata: { name: composite.metadata.name },
    spec: seen?.spec ?? { namespace, ...wish },
  };
  return { restore: { resource, ready: seen?.status?.chosen !== undefined } };
}

export type RestoreVerdict =
  | { kind: 'none' }
  | { kind: 'chosen'; restore: ServerRestore }
  | { kind: 'refused'; refusals: Refused[] }
  | { kind: 'waiting'; reason: string; message: string };

/** @param major of the server that is to be */
export function judgeRestore(composite: KubeObject, seen: PostgresRestore | undefined, major: number): RestoreVerdict {
  if (!readRestore(composite)) return { kind: 'none' };
  const { chosen, refused, message = 'The backup to begin with is looked for.' } = seen?.status ?? {};
  if (refused) {
    const { field, value, because } = refused;
    return { kind: 'refused', refusals: [{ reason: 'RestoreNotPossible', field: `restore.${field}`, value, because }] };
  }
  if (!chosen) return { kind: 'waiting', reason: 'BackupNotChosen', message };
  const { major: has, ...restore } = chosen;
  if (has === major) return { kind: 'chosen', restore };
  const because = `can not read the backup ${chosen.backupId}, which is of PostgreSQL ${has}: set it to "${has}"`;
  const field = 'updatePolicy.version';
  const value = textOf(fieldAt(composite, `spec.parameters.${field}`));
  return { kind: 'refused', refusals: [{ reason: 'RestoreNotPossible', field, value, because }] };
}
