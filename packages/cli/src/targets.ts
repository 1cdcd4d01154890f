/** What the words of a command line name: a kind with names, `kind/name`, or a claim by its name alone. */
import type { DiscoveredResource, HttpClient } from '@larder/controller';
import type { KubeObject, ObjectRef } from '@larder/kube';
import { CommandError, EXIT } from './failure.ts';

export interface Target {
  resource: DiscoveredResource;
  /** Absent: all of the kind. */
  name?: string;
}

/** `pods`, `pods a b`, `pod/a secret/b`, `a,b` (kinds). @throws CommandError for a word that names no kind */
export async function findTargets(client: HttpClient, words: string[]): Promise<Target[]> {
  if (words.some(word => word.includes('/'))) return Promise.all(words.map(word => slashed(client, word)));
  const [kinds = '', ...names] = words;
  const resources = await Promise.all(kinds.split(',').map(kind => getResource(client, kind)));
  if (names.length === 0) return resources.map(resource => ({ resource }));
  return resources.flatMap(resource => names.map(name => ({ resource, name })));
}

/** As `findTargets`, and a single word that names no kind is the name of a claim. */
export async function findObjects(client: HttpClient, words: string[], namespace: string): Promise<Required<Target>[]> {
  const [word = ''] = words;
  if (words.length === 1 && !word.includes('/')) return [await getClaimTarget(client, word, namespace)];
  const targets = await findTargets(client, words);
  return targets.map(({ resource, name }) => {
    if (name === undefined) throw new CommandError(`no name is given for ${resource.name}`, { exitCode: EXIT.usage });
    return { resource, name };
  });
}

/** The claim called `name`, whatever it claims. @throws CommandError when there is none, or more than one */
export async function getClaim(client: HttpClient, name: string, namespace: string): Promise<KubeObject> {
  const { resource } = await getClaimTarget(client, name, namespace);
  return client.get(refTo({ resource, name }, namespace));
}

export function refTo({ resource, name }: Required<Target>, namespace: string): ObjectRef {
  const { apiVersion, kind } = resource;
  return { apiVersion, kind, name, ...(resource.namespaced && { namespace }) };
}

/** `postgresqlinstance.syn.tools/postgres1`, as kubectl writes it. */
export function titleOf({ resource, name }: Required<Target>): string {
  const group = resource.apiVersion.includes('/') ? `.${resource.apiVersion.split('/')[0]}` : '';
  return `${resource.singularName || resource.kind.toLowerCase()}${group}/${name}`;
}

async function slashed(client: HttpClient, word: string): Promise<Target> {
  const [kind, name, ...rest] = word.split('/');
  if (!kind || !name || rest.length > 0)
    throw new CommandError(`cannot read "${word}": it must be <kind>/<name>`, { exitCode: EXIT.usage });
  return { resource: await getResource(client, kind), name };
}

async function getResource(client: HttpClient, word: string): Promise<DiscoveredResource> {
  const found = await client.discovery.find(word);
  if (found) return found;
  throw new CommandError(`the plane doesn't have a kind "${word}"`, {
    remedy: 'larder get crds lists the kinds that were added',
  });
}

async function getClaimTarget(client: HttpClient, name: string, namespace: string): Promise<Required<Target>> {
  const kinds = (await client.discovery.all()).filter(resource => resource.categories?.includes('claim'));
  const seen = await Promise.all(
    kinds.map(async resource => ({ resource, name, there: await client.find(refTo({ resource, name }, namespace)) })),
  );
  const found = seen.filter(({ there }) => there !== undefined);
  if (found.length === 1) return found[0]!;
  if (found.length === 0)
    throw new CommandError(`there is no claim "${name}" in namespace "${namespace}"`, {
      remedy: 'larder get postgresqlinstances -A lists those there are',
    });
  const all = found.map(each => titleOf(each)).join(', ');
  throw new CommandError(`"${name}" names several claims: ${all}`, {
    remedy: 'say which: <kind>/<name>',
    exitCode: EXIT.usage,
  });
}
