/** Schemas as CEL types: what rules may name, and how names that CEL can't write are escaped. */
import type { Environment } from '@marcbachmann/cel-js';
import { checkedFormat } from '../schema/formats.ts';
import type { SchemaNode } from '../schema/node.ts';
import { ObjectValue } from './values.ts';

export interface ObjectType {
  name: string;
  /** Field name to the name that a rule writes. */
  fields: Map<string, string>;
  Value: typeof ObjectValue;
}

/** The types of one schema, registered with its environment as they are first asked for. */
export class Types {
  readonly #environment: Environment;
  readonly #objects = new Map<SchemaNode, ObjectType>();
  readonly #fields = new Map<string, Record<string, string>>();
  readonly #names = new Map<SchemaNode, string | undefined>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** The CEL type's name; `undefined` for what has no type and so isn't visible to rules. */
  nameOf(node: SchemaNode): string | undefined {
    if (!this.#names.has(node)) this.#names.set(node, this.#read(node));
    return this.#names.get(node);
  }

  /** The fields of the object type of that name, and their types; `undefined` for any other type. */
  fieldsOf(name: string): Record<string, string> | undefined {
    return this.#fields.get(name);
  }

  /** `undefined` for what is a map to CEL, or no object. */
  objectType(node: SchemaNode): ObjectType | undefined {
    return this.#objects.get(node);
  }

  #read(node: SchemaNode): string | undefined {
    const { schema } = node;
    if (schema['x-kubernetes-int-or-string']) return 'dyn';
    const name = this.#readType(node);
    return name !== undefined && node.nullable ? 'dyn' : name;
  }

  #readType(node: SchemaNode): string | undefined {
    switch (node.schema.type) {
      case 'integer':
        return 'int';
      case 'number':
        return 'double';
      case 'boolean':
        return 'bool';
      case 'string':
        return stringType(node);
      case 'array':
        return wrap(node.items && this.nameOf(node.items), item => `list<${item}>`);
      case 'object':
        if (typeof node.additional !== 'object') return this.#register(node);
        return wrap(this.nameOf(node.additional), item => `map<string, ${item}>`);
      case undefined:
        return undefined;
    }
  }

  #register(node: SchemaNode): string {
    const name = `Object${this.#objects.size + 1}`;
    const Value = class extends ObjectValue {};
    const type: ObjectType = { name, fields: new Map(), Value };
    this.#objects.set(node, type);
    const fields: Record<string, string> = Object.create(null) as Record<string, string>;
    this.#fields.set(name, fields);
    for (const [key, child] of node.properties) {
      if (node.namesOnly && key !== 'name' && key !== 'generateName') continue;
      const escaped = escapeName(key);
      const fieldType = escaped === undefined ? undefined : this.nameOf(child);
      if (escaped === undefined || fieldType === undefined) continue;
      type.fields.set(key, escaped);
      fields[escaped] = fieldType;
    }
    this.#environment.registerType(name, { ctor: Value, fields });
    this.#environment.registerOperator(`${name} == ${name}`, (a: ObjectValue, b: ObjectValue) => a.equals(b));
    return name;
  }
}

function stringType({ schema }: SchemaNode): string {
  switch (checkedFormat(schema)) {
    case 'byte':
      return 'bytes';
    case 'date':
    case 'datetime':
      return 'google.protobuf.Timestamp';
    case 'duration':
      return 'google.protobuf.Duration';
    case undefined:
    default:
      return 'string';
  }
}

function wrap(name: string | undefined, how: (name: string) => string): string | undefined {
  return name === undefined ? undefined : how(name);
}

const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return'.split(' '),
);
const escapes: Record<string, string> = { __: '__underscores__', '.': '__dot__', '-': '__dash__', '/': '__slash__' };

/** The name that a rule writes for a field; `undefined` when it can't be written. */
export function escapeName(name: string): string | undefined {
  if (!/^[a-zA-Z_./-][a-zA-Z0-9_./-]*$/.test(name)) return undefined;
  if (reserved.has(name)) return `__${name}__`;
  return name.replace(/__|[./-]/g, found => escapes[found] ?? found);
}
