/** A schema read once into the shape that the passes over an object (prune, default, validate, rules) walk quickly. */
import { objectMetaSchema } from '../builtin/meta.ts';
import type { Schema, ValidationRule } from '../schema.ts';
import { checksOf, type Check } from './checks.ts';

export interface SchemaNode {
  schema: Schema;
  properties: Map<string, SchemaNode>;
  /** `true`: anything; `false`: nothing else; absent: unknown fields are pruned. */
  additional?: SchemaNode | boolean;
  items?: SchemaNode;
  required: readonly string[];
  /** Keeps fields that it doesn't name. */
  preserve: boolean;
  embedded: boolean;
  /** A resource's `metadata`: rules see its names only. */
  namesOnly: boolean;
  nullable: boolean;
  /** What a value itself must fulfil, without its children. */
  checks: readonly Check[];
  combinations?: Combinations;
  listType?: 'atomic' | 'set' | 'map';
  listKeys: readonly string[];
  rules: readonly ValidationRule[];
  /** What the passes may skip: nothing below has any. */
  below: { lists: boolean; rules: boolean; open: boolean; embedded: boolean };
}

/** Schemas that a value must fulfil beside its own. They see the same value, and say nothing of pruning or defaults. */
export interface Combinations {
  allOf: SchemaNode[];
  anyOf: SchemaNode[];
  oneOf: SchemaNode[];
  not?: SchemaNode;
}

/** `root`: the schema of a whole resource, whose `metadata` is Kubernetes' own. */
export function readSchema(schema: Schema, root = false): SchemaNode {
  const embedded = root || schema['x-kubernetes-embedded-resource'] === true;
  const properties = new Map(Object.entries(schema.properties ?? {}).map(([name, child]) => [name, readSchema(child)]));
  if (embedded) addResourceFields(properties, schema.properties?.metadata);
  const additional =
    typeof schema.additionalProperties === 'object'
      ? readSchema(schema.additionalProperties)
      : schema.additionalProperties;
  const node: SchemaNode = {
    schema,
    properties,
    additional,
    items: schema.items && readSchema(schema.items),
    required: schema.required ?? [],
    preserve: schema['x-kubernetes-preserve-unknown-fields'] === true,
    embedded,
    namesOnly: false,
    nullable: schema.nullable === true,
    checks: checksOf(schema),
    combinations: readCombinations(schema),
    listType: schema['x-kubernetes-list-type'],
    listKeys: schema['x-kubernetes-list-map-keys'] ?? [],
    rules: [schema, ...(schema.allOf ?? [])].flatMap(part => part['x-kubernetes-validations'] ?? []),
    below: { lists: false, rules: false, open: false, embedded: false },
  };
  node.below = summarize(node);
  return node;
}

/** The children that hold values of their own. */
export function childrenOf(node: SchemaNode): SchemaNode[] {
  const children = [...node.properties.values()];
  if (typeof node.additional === 'object') children.push(node.additional);
  if (node.items) children.push(node.items);
  return children;
}

/** The schema of a field of an object, if it has one. */
export function fieldNode(node: SchemaNode, key: string): SchemaNode | undefined {
  return node.properties.get(key) ?? (typeof node.additional === 'object' ? node.additional : undefined);
}

const text: Schema = { type: 'string' };

/** A definition may narrow `metadata.name` and `metadata.generateName`, and nothing else of `metadata`. */
function addResourceFields(properties: Map<string, SchemaNode>, metadata: Schema | undefined): void {
  if (!properties.has('apiVersion')) properties.set('apiVersion', readSchema(text));
  if (!properties.has('kind')) properties.set('kind', readSchema(text));
  const narrowed = Object.entries(metadata?.properties ?? {}).filter(([name]) =>
    ['name', 'generateName'].includes(name),
  );
  const schema = {
    ...objectMetaSchema,
    properties: { ...objectMetaSchema.properties, ...Object.fromEntries(narrowed) },
  };
  properties.set(
    'metadata',
    readSchema({ ...schema, 'x-kubernetes-validations': metadata?.['x-kubernetes-validations'] }),
  );
}

function readCombinations(schema: Schema): Combinations | undefined {
  const { allOf, anyOf, oneOf, not } = schema;
  if (!allOf && !anyOf && !oneOf && !not) return undefined;
  const read = (schemas: Schema[] = []) => schemas.map(one => readSchema(one));
  return { allOf: read(allOf), anyOf: read(anyOf), oneOf: read(oneOf), not: not && readSchema(not) };
}

function summarize(node: SchemaNode): SchemaNode['below'] {
  const children = childrenOf(node);
  const any = (of: keyof SchemaNode['below']) => children.some(child => child.below[of]);
  return {
    lists: any('lists') || node.listType === 'set' || node.listType === 'map',
    rules: any('rules') || node.rules.length > 0,
    open: any('open') || node.preserve || node.schema.type === undefined,
    embedded: any('embedded') || node.embedded,
  };
}
