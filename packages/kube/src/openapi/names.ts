/** The names that schemas have in OpenAPI documents: those of Kubernetes for its own kinds, the reversed group for others. */
import type { ResourceDefinition } from '../resource.ts';

export const shared = {
  objectMeta: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
  listMeta: 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta',
  status: 'io.k8s.apimachinery.pkg.apis.meta.v1.Status',
  deleteOptions: 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions',
  patch: 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch',
  intOrString: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
} as const;

type Kind = Pick<ResourceDefinition, 'group' | 'version' | 'kind'>;

/** `io.k8s.api.batch.v1.Job`, `tools.syn.v1.PostgreSQLInstance`. */
export function componentName({ group, version, kind }: Kind): string {
  if (!isKubernetesGroup(group)) return `${group.split('.').reverse().join('.')}.${version}.${kind}`;
  if (group === 'apiextensions.k8s.io') {
    return `io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.${version}.${kind}`;
  }
  return `io.k8s.api.${group === '' ? 'core' : group.split('.')[0]}.${version}.${kind}`;
}

export function listKindOf({ kind, listKind }: ResourceDefinition): string {
  return listKind ?? `${kind}List`;
}

/** What `x-kubernetes-group-version-kind` says. */
export const kindOf = ({ group, version, kind }: Kind): Kind => ({ group, version, kind });

export function isKubernetesGroup(group: string): boolean {
  return !group.includes('.') || group.endsWith('.k8s.io');
}

/** Kinds that kubectl patches strategically: it reads from the document how. Of CustomResourceDefinitions it can't. */
export function isStrategic({ group }: Kind): boolean {
  return isKubernetesGroup(group) && group !== 'apiextensions.k8s.io';
}
