/** What to say when a name leads to nothing: where the thing is instead, or what was most likely meant. */
import type { DiscoveredResource, HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { CommandError } from './failure.ts';
import { didYouMean, nearest } from './suggest.ts';
import { refTo, type Target } from './target.ts';

/** The object. @throws CommandError that says where to look when there is none */
export async function getObject(client: HttpClient, target: Required<Target>, namespace: string): Promise<KubeObject> {
  const found = await client.find(refTo(target, namespace));
  if (found) return found;
  const { resource, name } = target;
  throw await missing(client, { what: wordOf(resource), resources: [resource], name, namespace });
}

export interface Missing {
  /** `secret`, `claim` */
  what: string;
  /** The kinds among which it was looked for. */
  resources: DiscoveredResource[];
  name: string;
  namespace: string;
}

/** The error for an object that isn't there. */
export async function missing(
  client: HttpClient,
  { what, resources, name, namespace }: Missing,
): Promise<CommandError> {
  const namespaced = resources.some(resource => resource.namespaced);
  const where = namespaced ? ` in namespace "${namespace}"` : '';
  const message = `there is no ${what} "${name}"${where}`;
  const all = (await Promise.all(resources.map(resource => client.list(resource)))).flatMap(list => list.items);
  const elsewhere = all.find(({ metadata }) => metadata.name === name)?.metadata.namespace;
  if (elsewhere !== undefined)
    return new CommandError(message, { remedy: `it is in namespace "${elsewhere}": add -n ${elsewhere}` });
  const here = all.filter(({ metadata }) => !namespaced || metadata.namespace === namespace);
  const meant = didYouMean(
    nearest(
      name,
      here.map(({ metadata }) => metadata.name),
    ),
  );
  const unknown = namespaced && here.length === 0 ? await unknownNamespace(client, namespace) : undefined;
  const kinds = resources.map(resource => resource.name).join(',');
  const list = `larder get ${kinds}${namespaced ? ' -A' : ''} lists those there are`;
  return new CommandError(message, { remedy: meant ?? unknown ?? list });
}

/** Words for a namespace that doesn't exist; `undefined` for one that does. */
export async function unknownNamespace(client: HttpClient, namespace: string): Promise<string | undefined> {
  const { items } = await client.list({ apiVersion: 'v1', kind: 'Namespace' });
  const names = items.map(({ metadata }) => metadata.name);
  if (names.includes(namespace)) return undefined;
  const meant = didYouMean(nearest(namespace, names)) ?? 'larder get namespaces lists those there are';
  return `namespace "${namespace}" does not exist; ${meant}`;
}

function wordOf({ singularName, kind }: DiscoveredResource): string {
  return singularName || kind.toLowerCase();
}
