/** A resource as the server serves it: its definition, its compiled schema, and how it is stored. Immutable. */
import {
  compileSchema,
  groupOf,
  type CompiledSchema,
  type GroupKind,
  type GroupResource,
  type KubeObject,
  type ResourceDefinition,
  type Schema,
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

/** In the order in which Kubernetes lists them for a custom resource. */
const customVerbs: readonly Verb[] = [
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'create',
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
  /** All versions of the kind, by their `apiVersion`: objects may be stored in any. @default this one */
  schemas?: ReadonlyMap<string, LazySchema>;
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
  readonly #schemas: ReadonlyMap<string, LazySchema>;

  constructor(definition: ResourceDefinition, options: ServedOptions = {}) {
    const { group, plural, version } = definition;
    this.definition = definition;
    this.alias = options.alias;
    this.storage = options.alias?.storage ?? (group === '' ? plural : `${plural}.${group}`);
    this.apiVersion = apiVersionOf(group, version);
    this.storageApiVersion = options.alias?.storageApiVersion ?? apiVersionOf(group, options.storageVersion ?? version);
    this.custom = options.custom ?? false;
    this.terminating = options.terminating ?? false;
    this.verbs = options.verbs ?? (this.custom ? customVerbs : allVerbs);
    const own = new Map([[this.apiVersion, new LazySchema(definition.schema)]]);
    this.#schemas = options.schemas ?? own;
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
    // What is stored as another group's object is refused as one.
    if (this.alias) return { group: groupOf(this.alias.storageApiVersion), kind: this.definition.kind };
    return { group: this.definition.group, kind: this.definition.kind };
  }

  get schema(): CompiledSchema {
    return this.schemaOf(this.apiVersion);
  }

  /** Of another version of the kind; this one's where that isn't known any more. */
  schemaOf(apiVersion: string): CompiledSchema {
    const found = this.#schemas.get(apiVersion) ?? this.#schemas.get(this.apiVersion);
    if (found === undefined) throw new Error(`${this.apiVersion} ${this.kind} has no schema`);
    return found.compiled;
  }
}

/** Compiled at first use: most kinds of an idle server are never written. */
export class LazySchema {
  readonly #schema: Schema;
  #compiled: CompiledSchema | undefined;

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  get compiled(): CompiledSchema {
    this.#compiled ??= compileSchema(this.#schema);
    return this.#compiled;
  }
}

export function apiVersionOf(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}
