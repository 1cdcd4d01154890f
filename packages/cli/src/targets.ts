/** What the words of a command line name: a kind with names, `kind/name`, or a claim by its name alone. */
import type { DiscoveredResource, HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { CommandError, EXIT } from './failure.ts';
import { getObject, missing } from './missing.ts';
import { refTo, titleOf, type Target } from './target.ts';
import { didYouMean, nearest } from './suggest.ts';

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
    if (name === undefined) throw nameless(resource);
    return { resource, name };
  });
}

function nameless({ name, singularName, kind }: DiscoveredResource): CommandError {
  return new CommandError(`no name is given for ${name}`, {
    remedy: `larder get ${name} -A lists them; then: <command> ${singularName || kind.toLowerCase()}/<name>`,
    exitCode: EXIT.usage,
  });
}

/** The claim called `name`, whatever it claims, or `<kind>/<name>`. @throws CommandError when there is none, or more than one */
export async function getClaim(client: HttpClient, name: string, namespace: string): Promise<KubeObject> {
  const [target] = await findObjects(client, [name], namespace);
  return getObject(client, target!, namespace);
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
  throw new CommandError(`the plane doesn't have a kind "${word}"`, { remedy: await kindsLike(client, word) });
}

/** What to say to a word that is no kind: the nearest ones, else all that can be looked at. */
export async function kindsLike(client: HttpClient, word: string): Promise<string> {
  const all = (await client.discovery.all()).filter(({ verbs }) => verbs.includes('list'));
  const words = all.flatMap(({ name, singularName, shortNames = [] }) => [name, singularName, ...shortNames]);
  const names = new Set(all.map(({ name }) => name).sort());
  return didYouMean(nearest(word, words)) ?? `it has ${[...names].join(', ')}`;
}

async function getClaimTarget(client: HttpClient, name: string, namespace: string): Promise<Required<Target>> {
  const kinds = (await client.discovery.all()).filter(resource => resource.categories?.includes('claim'));
  const seen = await Promise.all(
    kinds.map(async resource => ({ resource, name, there: await client.find(refTo({ resource, name }, namespace)) })),
  );
  const found = seen.filter(({ there }) => there !== undefined);
  if (found.length === 1) return found[0]!;
  if (found.length === 0) {
    const kind = await client.discovery.find(name);
    if (kind) throw nameless(kind);
    throw await missing(client, { what: 'claim', resources: kinds, name, namespace });
  }
  const all = found.map(each => titleOf(each)).join(', ');
  throw new CommandError(`"${name}" names several claims: ${all}`, {
    remedy: 'say which: <kind>/<name>',
    exitCode: EXIT.usage,
  });
}
