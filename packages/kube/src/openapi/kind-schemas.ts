/** The schemas of kinds as OpenAPI documents show them: complete objects, with references for what all share. */
import { objectMetaSchema } from '../builtin/meta.ts';
import type { JsonObject } from '../json.ts';
import { isJsonObject, setField } from '../json.ts';
import type { ResourceDefinition } from '../resource.ts';
import type { Schema } from '../schema.ts';
import { componentName, kindOf, listKindOf, shared } from './names.ts';
import { sharedSchemas } from './shared-schemas.ts';

/** How one version of OpenAPI writes schemas. */
export interface Dialect {
  ref(component: string, description?: string): JsonObject;
  /** What a schema becomes, but for its parts. */
  own(schema: Schema): JsonObject;
}

/** The components of the kinds and what they refer to, by name. */
export function componentsOf(definitions: readonly ResourceDefinition[], dialect: Dialect): Record<string, JsonObject> {
  const components: Record<string, JsonObject> = {};
  for (const definition of definitions) {
    const list = { ...definition, kind: listKindOf(definition) };
    components[componentName(definition)] = {
      ...writeWhole(withHead(definition.schema), dialect),
      'x-kubernetes-group-version-kind': [kindOf(definition)],
    };
    components[componentName(list)] = listSchema(definition, dialect);
  }
  for (const [name, schema] of Object.entries(sharedSchemas)) components[name] = writeWhole(schema, dialect);
  return Object.fromEntries(Object.entries(components).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const head: Record<string, Schema> = {
  apiVersion: { type: 'string', description: 'The version of the API that this object is written in.' },
  kind: { type: 'string', description: 'The kind of this object.' },
};

/** The schema of an object, with the fields that every object has. */
function withHead(schema: Schema): Schema {
  const { apiVersion, kind, metadata: _, ...own } = schema.properties ?? {};
  const known = { apiVersion: { ...head.apiVersion, ...apiVersion }, kind: { ...head.kind, ...kind } };
  return { ...schema, properties: { ...known, metadata: objectMetaSchema, ...own } };
}

/** An object within an object says what it is. */
function embedded(schema: Schema): Schema {
  return { ...withHead(schema), required: [...new Set(['apiVersion', 'kind', ...(schema.required ?? [])])] };
}

function listSchema(definition: ResourceDefinition, dialect: Dialect): JsonObject {
  const { kind } = definition;
  return {
    description: `${listKindOf(definition)} is a list of ${kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      ...Object.fromEntries(Object.entries(head).map(([name, schema]) => [name, write(schema, dialect)])),
      items: { description: `The list of ${kind}.`, type: 'array', items: dialect.ref(componentName(definition)) },
      metadata: dialect.ref(shared.listMeta, 'Standard list metadata.'),
    },
    'x-kubernetes-group-version-kind': [{ ...kindOf(definition), kind: listKindOf(definition) }],
  };
}

/** The schema, or a reference to one that all share. */
function write(schema: Schema, dialect: Dialect): JsonObject {
  if (isObjectMeta(schema)) return dialect.ref(shared.objectMeta, schema.description);
  if (isPlainIntOrString(schema)) return dialect.ref(shared.intOrString, schema.description);
  return writeWhole(schema['x-kubernetes-embedded-resource'] === true ? embedded(schema) : schema, dialect);
}

function writeWhole(schema: Schema, dialect: Dialect): JsonObject {
  const result = dialect.own(schema);
  if (schema.properties !== undefined && 'properties' in result) {
    const properties: JsonObject = {};
    for (const [name, property] of Object.entries(schema.properties))
      setField(properties, name, write(property, dialect));
    result.properties = properties;
  }
  if (isJsonObject(result.items) && schema.items !== undefined) result.items = write(schema.items, dialect);
  if (isJsonObject(result.additionalProperties) && typeof schema.additionalProperties === 'object') {
    result.additionalProperties = write(schema.additionalProperties, dialect);
  }
  return result;
}

const isObjectMeta = (schema: Schema): boolean => schema.properties === objectMetaSchema.properties;

/** A number or a text about which nothing else is said. */
function isPlainIntOrString(schema: Schema): boolean {
  if (schema['x-kubernetes-int-or-string'] !== true) return false;
  return Object.keys(schema).every(key => key === 'x-kubernetes-int-or-string' || key === 'description');
}
