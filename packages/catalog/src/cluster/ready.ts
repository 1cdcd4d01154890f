/** Whether a composed object does what it is there for, by its kind. */
import type { KubeObject } from '@larder/kube';
import { fieldAt, isRecord } from '../postgresql/fields.ts';

export function isReady({ kind, status }: KubeObject): boolean {
  switch (kind) {
    case 'Namespace':
      return fieldAt(status, 'phase') === 'Active';
    case 'Database':
      return fieldAt(status, 'applied') === true;
    case 'Cluster':
    case 'Certificate':
    case 'Issuer':
    case 'PostgresDatabase':
    case 'PostgresRole':
      return isTrue(status, 'Ready');
    default:
      return true;
  }
}

export function isTrue(status: unknown, type: string): boolean {
  return conditionOf(status, type)?.status === 'True';
}

export interface SeenCondition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
}

export function conditionOf(status: unknown, type: string): SeenCondition | undefined {
  const conditions = fieldAt(status, 'conditions');
  if (!Array.isArray(conditions)) return undefined;
  return (conditions as unknown[]).find(entry => isRecord(entry) && entry.type === type) as SeenCondition | undefined;
}
