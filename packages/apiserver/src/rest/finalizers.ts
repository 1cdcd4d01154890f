/** Finalizers of built-in kinds belong to somebody: without a prefix only Kubernetes' own are known. */
import { invalidValue, type FieldError, type KubeObject } from '@larder/kube';
import type { Served } from '../registry/served.ts';

const standard = ['kubernetes', 'orphan', 'foregroundDeletion'];

export function validateFinalizers({ custom, kind }: Served, { metadata }: KubeObject): FieldError[] {
  if (custom || kind === 'CustomResourceDefinition') return [];
  return (metadata.finalizers ?? []).flatMap((name, index) => {
    if (name.includes('/') || standard.includes(name)) return [];
    const why = 'name is neither a standard finalizer name nor is it fully qualified';
    return [invalidValue(`metadata.finalizers[${index}]`, name, why)];
  });
}
