/** Values as the store keeps them: JSON text on disk, and in memory exactly what that text says, deeply frozen. */
import type { KubeObject } from '@larder/kube';

/** What was given, with the revision as its resource version, as JSON. The given object isn't touched. */
export function textOf(value: KubeObject, revision: number): string {
  return JSON.stringify({ ...value, metadata: { ...value.metadata, resourceVersion: String(revision) } });
}

/** The object that the text says: so a reader sees the same before and after a restart. */
export function valueOf(text: string): KubeObject {
  return frozen(JSON.parse(text) as KubeObject);
}

/** A deleted object's last state, with the deletion's revision as its resource version. */
export function withRevision(value: KubeObject, revision: number): KubeObject {
  return Object.freeze({ ...value, metadata: Object.freeze({ ...value.metadata, resourceVersion: String(revision) }) });
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
