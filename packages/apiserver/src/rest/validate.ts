/** What an object must be whatever its kind does: its schema's word, and whose finalizers it may carry. */
import { invalidValue, type FieldError, type KubeObject } from '@larder/kube';
import type { Served } from '../registry/served.ts';
import type { Strategy } from './api.ts';

/** @param old absent on create */
export function validateAsKind(
  served: Served,
  strategy: Strategy,
  { object, old }: { object: KubeObject; old?: KubeObject | undefined },
): FieldError[] {
  const errors = served.schema.validate(object, old);
  const own = strategy.validate?.(object, old) ?? [];
  if (served.custom) return [...errors, ...own];
  // Rules of built-in kinds are code in Kubernetes: there is no word about those that were not looked at.
  const found = errors.filter(({ field }) => field !== '<nil>');
  const finalizers = validateFinalizers(served, object);
  if (strategy.leads !== true) return [...finalizers, ...found, ...own];
  const isTold = (field: string) => own.some(error => error.field === field || error.field.startsWith(`${field}.`));
  return [...finalizers, ...own, ...found.filter(({ field }) => !isTold(field))];
}

const standard = ['kubernetes', 'orphan', 'foregroundDeletion'];

/** Finalizers of built-in kinds belong to somebody: without a prefix only Kubernetes' own are known. */
function validateFinalizers({ kind }: Served, { metadata }: KubeObject): FieldError[] {
  if (kind === 'CustomResourceDefinition') return [];
  return (metadata.finalizers ?? []).flatMap((name, index) => {
    if (name.includes('/') || standard.includes(name)) return [];
    const why = 'name is neither a standard finalizer name nor is it fully qualified';
    return [invalidValue(`metadata.finalizers[${index}]`, name, why)];
  });
}
