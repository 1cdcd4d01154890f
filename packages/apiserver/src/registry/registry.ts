/** Which resources are served now. Built-in ones stay; those of CustomResourceDefinitions come and go while it runs. */
import { coreEventOf, eventsV1EventOf, groupOf, versionOf, type ResourceDefinition } from '@larder/kube';
import { reviewResources } from './reviews.ts';
import { allVerbs, apiVersionOf, Served, type ServedOptions } from './served.ts';
import { compareVersions } from './versions.ts';

export interface ServedGroup {
  name: string;
  /** Most preferred first. */
  versions: string[];
}

export class Registry {
  #builtin: readonly Served[];
  #custom = new Map<string, readonly Served[]>();
  #byPath = new Map<string, Served>();
  #byKind = new Map<string, Served>();
  #byStorage = new Map<string, Served>();
  #generation = 0;

  constructor(builtin: readonly ResourceDefinition[]) {
    this.#builtin = [
      ...builtin.map(definition => new Served(definition, optionsOf(definition))),
      ...reviewResources.map(definition => new Served(definition, { verbs: ['create'] })),
    ];
    this.#index();
  }

  /** Grows with every change of what is served; caches compare it. */
  get generation(): number {
    return this.#generation;
  }

  find(group: string, version: string, plural: string): Served | undefined {
    return this.#byPath.get(`${apiVersionOf(group, version)}/${plural}`);
  }

  findKind(apiVersion: string, kind: string): Served | undefined {
    return this.#byKind.get(`${apiVersion}/${kind}`);
  }

  /** Any served version of what the store calls `storage`, the stored one if that is served. */
  findStorage(storage: string): Served | undefined {
    return this.#byStorage.get(storage);
  }

  all(): Served[] {
    return [...this.#byPath.values()];
  }

  /** One entry for each kind of object that is stored, whatever versions serve it. */
  storages(): Served[] {
    return [...this.#byStorage.values()].filter(({ verbs }) => verbs.includes('list'));
  }

  groups(): ServedGroup[] {
    const versions = new Map<string, Set<string>>();
    for (const served of this.all()) {
      const { group, version } = served.definition;
      versions.set(group, (versions.get(group) ?? new Set()).add(version));
    }
    return [...versions].map(([name, found]) => ({ name, versions: [...found].sort(compareVersions) }));
  }

  /** Whether kinds of the group are served whatever definitions come and go. */
  hasBuiltinGroup(name: string): boolean {
    return this.#builtin.some(({ custom, definition }) => !custom && definition.group === name);
  }

  inGroupVersion(apiVersion: string): Served[] {
    const group = groupOf(apiVersion);
    const version = versionOf(apiVersion);
    return this.all().filter(({ definition }) => definition.group === group && definition.version === version);
  }

  /** Replaces what the CustomResourceDefinition `name` serves; an empty list ends it. */
  serveCustom(name: string, served: readonly Served[]): void {
    if (served.length === 0) this.#custom.delete(name);
    else this.#custom.set(name, served);
    this.#index();
  }

  #index(): void {
    this.#byPath.clear();
    this.#byKind.clear();
    this.#byStorage.clear();
    // Built-in kinds first: a CustomResourceDefinition never shadows one.
    for (const served of [...this.#builtin, ...[...this.#custom.values()].flat()]) {
      const path = `${served.apiVersion}/${served.definition.plural}`;
      if (this.#byPath.has(path)) continue;
      this.#byPath.set(path, served);
      this.#byKind.set(`${served.apiVersion}/${served.kind}`, served);
      const preferred = served.apiVersion === served.storageApiVersion;
      if (preferred || !this.#byStorage.has(served.storage)) this.#byStorage.set(served.storage, served);
    }
    this.#generation++;
  }
}

function optionsOf({ group, plural }: ResourceDefinition): ServedOptions {
  if (group === '' && plural === 'namespaces') return { verbs: allVerbs.filter(verb => verb !== 'deletecollection') };
  if (group === 'events.k8s.io' && plural === 'events') {
    const alias = { storage: 'events', storageApiVersion: 'v1', fromStored: eventsV1EventOf, toStored: coreEventOf };
    return { alias };
  }
  return { custom: !isKubernetesGroup(group) };
}

/** Kinds of other groups behave as custom resources do, wherever their definition comes from. */
function isKubernetesGroup(group: string): boolean {
  return !group.includes('.') || group.endsWith('.k8s.io');
}
