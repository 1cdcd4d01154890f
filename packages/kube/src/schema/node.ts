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
  below: { lists: boolean; rules: boolean; embedded: boolean };
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
  const known = new Map<Schema, SchemaNode>();
  const read = (part: Schema): SchemaNode => {
    const node = known.get(part) ?? readNode(part, part['x-kubernetes-embedded-resource'] === true, read);
    // Built-in schemas share parts by reference: a part that is read once is typed and compiled once.
    known.set(part, node);
    return node;
  };
  return root ? readNode(schema, true, read) : read(schema);
}

type Read = (schema: Schema) => SchemaNode;

function readNode(schema: Schema, embedded: boolean, read: Read): SchemaNode {
  const properties = new Map(Object.entries(schema.properties ?? {}).map(([name, child]) => [name, read(child)]));
  if (embedded) addResourceFields(properties, schema.properties?.metadata, read);
  const { additionalProperties: additional } = schema;
  const node: SchemaNode = {
    schema,
    properties,
    additional: typeof additional === 'object' ? read(additional) : additional,
    items: schema.items && read(schema.items),
    required: schema.required ?? [],
    preserve: schema['x-kubernetes-preserve-unknown-fields'] === true,
    embedded,
    namesOnly: false,
    nullable: schema.nullable === true,
    checks: checksOf(schema),
    combinations: readCombinations(schema, read),
    listType: schema['x-kubernetes-list-type'],
    listKeys: schema['x-kubernetes-list-map-keys'] ?? [],
    rules: schema['x-kubernetes-validations'] ?? [],
    below: { lists: false, rules: false, embedded: false },
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
function addResourceFields(properties: Map<string, SchemaNode>, metadata: Schema | undefined, read: Read): void {
  if (!properties.has('apiVersion')) properties.set('apiVersion', read(text));
  if (!properties.has('kind')) properties.set('kind', read(text));
  const { name, generateName } = { ...objectMetaSchema.properties, ...metadata?.properties };
  const node = read({
    ...objectMetaSchema,
    properties: { ...objectMetaSchema.properties, ...(name && { name }), ...(generateName && { generateName }) },
    'x-kubernetes-validations': metadata?.['x-kubernetes-validations'],
  });
  properties.set('metadata', { ...node, namesOnly: true });
}

function readCombinations(schema: Schema, read: Read): Combinations | undefined {
  const { allOf, anyOf, oneOf, not } = schema;
  if (!allOf && !anyOf && !oneOf && !not) return undefined;
  const all = (schemas: Schema[] = []) => schemas.map(read);
  return { allOf: all(allOf), anyOf: all(anyOf), oneOf: all(oneOf), not: not && read(not) };
}

function summarize(node: SchemaNode): SchemaNode['below'] {
  const children = childrenOf(node);
  const any = (of: keyof SchemaNode['below']) => children.some(child => child.below[of]);
  return {
    lists: any('lists') || node.listType === 'set' || node.listType === 'map',
    rules: any('rules') || node.rules.length > 0,
    embedded: any('embedded') || node.embedded,
  };
}
