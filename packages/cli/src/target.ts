/** One object, or all of a kind, that a command line named. */
import type { DiscoveredResource } from '@larder/controller';
import type { ObjectRef } from '@larder/kube';

export interface Target {
  resource: DiscoveredResource;
  /** Absent: all of the kind. */
  name?: string;
}

export function refTo({ resource, name }: Required<Target>, namespace: string): ObjectRef {
  const { apiVersion, kind } = resource;
  return { apiVersion, kind, name, ...(resource.namespaced && { namespace }) };
}

/** `postgresqlinstance/postgres1 -n my-app`: the words that name it again in a command. */
export function wordsFor({ resource, name }: Required<Target>, namespace: string): string {
  const within = resource.namespaced && namespace !== 'default' ? ` -n ${namespace}` : '';
  return `${resource.singularName || resource.kind.toLowerCase()}/${name}${within}`;
}

/** `postgresqlinstance.syn.tools/postgres1`, as kubectl writes it. */
export function titleOf({ resource, name }: Required<Target>): string {
  const group = resource.apiVersion.includes('/') ? `.${resource.apiVersion.split('/')[0]}` : '';
  return `${resource.singularName || resource.kind.toLowerCase()}${group}/${name}`;
}
