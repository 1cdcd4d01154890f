/** A resource as the server serves it: its definition, its compiled schema, and how it is stored. Immutable. */
import {
  compileSchema,
  type CompiledSchema,
  type GroupKind,
  type GroupResource,
  type KubeObject,
  type ResourceDefinition,
} from '@larder/kube';

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

export const allVerbs: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

export interface ServedOptions {
  /** The version that objects are stored in. @default the definition's own */
  storageVersion?: string;
  /** From a CustomResourceDefinition. @default false */
  custom?: boolean;
  /** Its CustomResourceDefinition is being deleted: nothing new may be created. @default false */
  terminating?: boolean;
  verbs?: readonly Verb[];
  /** Another group's objects under other names: where they are stored, and how they turn into one another. */
  alias?: Alias;
}

export interface Alias {
  storage: string;
  storageApiVersion: string;
  fromStored(stored: KubeObject): KubeObject;
  toStored(object: KubeObject): KubeObject;
}

export class Served {
  readonly definition: ResourceDefinition;
  /** The store's name for it, the same for all versions: `secrets`, `postgresqlinstances.syn.tools`. */
  readonly storage: string;
  readonly apiVersion: string;
  readonly storageApiVersion: string;
  readonly custom: boolean;
  readonly terminating: boolean;
  readonly verbs: readonly Verb[];
  readonly alias: Alias | undefined;
  #compiled: CompiledSchema | undefined;

  constructor(definition: ResourceDefinition, options: ServedOptions = {}) {
    const { group, plural, version } = definition;
    this.definition = definition;
    this.alias = options.alias;
    this.storage = options.alias?.storage ?? (group === '' ? plural : `${plural}.${group}`);
    this.apiVersion = apiVersionOf(group, version);
    this.storageApiVersion = options.alias?.storageApiVersion ?? apiVersionOf(group, options.storageVersion ?? version);
    this.custom = options.custom ?? false;
    this.terminating = options.terminating ?? false;
    this.verbs = options.verbs ?? allVerbs;
  }

  get kind(): string {
    return this.definition.kind;
  }

  get listKind(): string {
    return this.definition.listKind ?? `${this.definition.kind}List`;
  }

  /** As errors name it. */
  get groupResource(): GroupResource {
    return { group: this.definition.group, resource: this.definition.plural };
  }

  get groupKind(): GroupKind {
    return { group: this.definition.group, kind: this.definition.kind };
  }

  /** Compiled at first use: most kinds of an idle server are never written. */
  get schema(): CompiledSchema {
    this.#compiled ??= compileSchema(this.definition.schema);
    return this.#compiled;
  }
}

export function apiVersionOf(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}
