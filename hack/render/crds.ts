/**
 * Schemas of what is composed, from the real CustomResourceDefinitions: those in the folders of `LARDER_CRDS` (separated by `:`), else
 * in the Go modules that `hack/cluster` fetched. They are other projects' files, so they are not kept here.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import {
  type CompiledSchema,
  builtinResources,
  compileSchema,
  fieldErrorText,
  type JsonObject,
  type KubeObject,
  type Schema,
} from '@larder/kube';
import { parseAllDocuments } from 'yaml';

interface Definition extends KubeObject {
  spec: { group: string; names: { kind: string }; versions: { name: string; schema: { openAPIV3Schema: Schema } }[] };
}

export type Schemas = Map<string, Schema>;

/** By `apiVersion/kind`; empty where no such files are. */
export function findSchemas(): Schemas {
  const found: Schemas = new Map();
  const files = folders().flatMap(folder =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter(isYaml)
      .map(file => join(folder, file)),
  );
  for (const { spec } of files.flatMap(definitionsIn)) {
    for (const { name, schema } of spec.versions) {
      found.set(`${spec.group}/${name}/${spec.names.kind}`, schema.openAPIV3Schema);
    }
  }
  return found;
}

function folders(): string[] {
  const given = (process.env.LARDER_CRDS ?? '').split(':').filter(folder => folder !== '');
  const modules = join(process.env.GOMODCACHE ?? join(homedir(), 'go/pkg/mod'), 'github.com');
  const inModules = [
    'cloudnative-pg/cloudnative-pg@v1.30.0/config/crd/bases',
    'crossplane/crossplane/v2@v2.3.4/cluster/crds',
    'crossplane-contrib/provider-kubernetes@v1.2.1/package/crds',
  ].map(path => join(modules, path));
  return (given.length > 0 ? given : inModules).filter(folder => existsSync(folder));
}

function isYaml(file: string): boolean {
  return /\.ya?ml$/.test(file);
}

function definitionsIn(file: string): Definition[] {
  return parseAllDocuments(readFileSync(file, 'utf8'))
    .map(document => document.toJS() as Definition | null)
    .filter(object => object?.kind === 'CustomResourceDefinition') as Definition[];
}

/** What the API server would say about the object, unknown fields included; `undefined` where its schema isn't known. */
export function faultsOf(object: KubeObject, schemas: Schemas): string[] | undefined {
  const schema = schemas.get(`${object.apiVersion}/${object.kind}`) ?? builtIn(object);
  if (!schema) return undefined;
  const content = structuredClone(object) as JsonObject & KubeObject;
  const compiled = compiledOf(schema);
  const unknown = compiled.prune(content).map(path => `unknown field ${path}`);
  return [...unknown, ...compiled.validate(content).map(fieldErrorText)];
}

const compiledSchemas = new WeakMap<Schema, CompiledSchema>();

function compiledOf(schema: Schema): CompiledSchema {
  const there = compiledSchemas.get(schema);
  if (there) return there;
  const compiled = compileSchema(schema);
  compiledSchemas.set(schema, compiled);
  return compiled;
}

function builtIn({ apiVersion, kind }: KubeObject): Schema | undefined {
  return builtinResources.find(
    ({ group, version, kind: other }) =>
      other === kind && apiVersion === (group === '' ? version : `${group}/${version}`),
  )?.schema;
}
