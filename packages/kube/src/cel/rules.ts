/** The rules (`x-kubernetes-validations`) of one schema: compiled when first needed, and evaluated as Kubernetes does. */
import type { Environment } from '@marcbachmann/cel-js';
import { Optional } from '@marcbachmann/cel-js';
import { duplicate, forbiddenField, invalidValue, required, type FieldError } from '../field-error.ts';
import { equalJson, getField, isJsonObject } from '../json.ts';
import type { ValidationRule } from '../schema.ts';
import { fieldOf } from '../schema/checks.ts';
import { correlateItems } from '../schema/correlate.ts';
import { fieldNode, type SchemaNode } from '../schema/node.ts';
import { childPath, type Place } from '../schema/validate.ts';
import { CompiledRule } from './rule.ts';
import { createEnvironment } from './environment.ts';
import { Types } from './types.ts';
import { Converter } from './values.ts';

/** What all rules of one object together may cost. */
const maxTotalCost = 10_000_000;

export class Rules {
  readonly #types: Types;
  readonly #environment: Environment;
  readonly #compiled = new Map<SchemaNode, CompiledRule[]>();

  constructor(root: SchemaNode, base: Environment = createEnvironment()) {
    this.#environment = base.clone();
    this.#types = new Types(this.#environment);
    // All types first: an environment that was cloned takes no more.
    const nodes = nodesWithRules(root);
    for (const node of nodes) this.#types.nameOf(node);
    for (const node of nodes) this.#compiled.set(node, this.#compile(node));
  }

  /** What the rules say of a value that fits its schema. Stops where the object's rules cost too much. */
  validate(root: SchemaNode, value: unknown, old: unknown): FieldError[] {
    const errors: FieldError[] = [];
    const session = { budget: maxTotalCost, converter: new Converter(this.#types), errors };
    this.#visit(root, { value, old, path: '' }, session);
    return errors;
  }

  /** The compiled rules of a node, also those that failed to compile. */
  rulesOf(node: SchemaNode): readonly CompiledRule[] {
    return this.#compiled.get(node) ?? [];
  }

  #compile(node: SchemaNode): CompiledRule[] {
    const type = this.#types.nameOf(node) ?? 'dyn';
    const context = (oldSelf: string) => ({
      environment: this.#environment.clone().registerVariable('self', type).registerVariable('oldSelf', oldSelf),
      fieldsOf: (name: string) => this.#types.fieldsOf(name),
    });
    const plain = context(type);
    const optional = node.rules.some(rule => rule.optionalOldSelf) ? context(`optional<${type}>`) : plain;
    return node.rules.map(rule => new CompiledRule(rule.optionalOldSelf ? optional : plain, rule, node.schema));
  }

  #visit(node: SchemaNode, place: Place, session: Session): void {
    const { value, old, path } = place;
    if (value === null || value === undefined || session.budget < 0) return;
    this.#evaluate(node, place, session);
    if (Array.isArray(value)) {
      const { items } = node;
      if (!items?.below.rules) return;
      const olds = correlateItems(node, old);
      for (const [index, item] of value.entries()) {
        this.#visit(items, { value: item, old: olds(item), path: `${path}[${index}]` }, session);
      }
    } else if (isJsonObject(value)) {
      for (const key of Object.keys(value)) {
        const child = fieldNode(node, key);
        if (!child?.below.rules) continue;
        const before = isJsonObject(old) ? getField(old, key) : undefined;
        this.#visit(child, { value: value[key], old: before, path: childPath(node, path, key) }, session);
      }
    }
  }

  #evaluate(node: SchemaNode, place: Place, session: Session): void {
    const rules = this.rulesOf(node);
    if (rules.length === 0) return;
    const isUpdate = place.old !== undefined && place.old !== null;
    // What was broken before and hasn't changed is let pass, so nobody needs to know; a rule about a change always counts.
    const isUnchanged = place.old !== undefined && equalJson(place.value, place.old);
    for (const rule of rules) {
      if (rule.usesOldSelf ? !isUpdate && !rule.isOptional : isUnchanged) continue;
      const outcome = rule.evaluate(variablesOf(node, rule, place, session), session.budget);
      session.budget = outcome.kind === 'exceeded' ? -1 : session.budget - outcome.cost;
      if (outcome.kind === 'holds') continue;
      session.errors.push(errorOf(node, rule, place, outcome));
      if (session.budget < 0) return;
    }
  }
}

interface Session {
  budget: number;
  converter: Converter;
  errors: FieldError[];
}

type Failure = Exclude<ReturnType<CompiledRule['evaluate']>, { kind: 'holds' }>;

/** Values are converted only when a rule is evaluated. */
function variablesOf(
  node: SchemaNode,
  rule: CompiledRule,
  { value, old }: Place,
  { converter }: Session,
): Record<string, unknown> {
  const self = converter.convert(node, value);
  if (!rule.usesOldSelf) return { self };
  const oldSelf = old === undefined || old === null ? undefined : converter.convert(node, old);
  if (!rule.isOptional) return { self, oldSelf };
  return { self, oldSelf: oldSelf === undefined ? Optional.none() : Optional.of(oldSelf) };
}

function errorOf(node: SchemaNode, rule: CompiledRule, { path, value }: Place, outcome: Failure): FieldError {
  if (outcome.kind !== 'broken') return invalidValue(fieldOf(path), node.schema.type ?? '', outcome.message);
  const field = rule.fieldPath === '' ? path : path === '' ? rule.fieldPath : joinPath(path, rule.fieldPath);
  const shown = typeof value === 'object' ? undefined : value;
  return withReason(rule.source, fieldOf(field), shown, outcome.message);
}

function joinPath(path: string, below: string): string {
  return below.startsWith('[') ? path + below : `${path}.${below}`;
}

function withReason({ reason }: ValidationRule, field: string, value: unknown, message: string): FieldError {
  switch (reason) {
    case 'FieldValueForbidden':
      return forbiddenField(field, message);
    case 'FieldValueRequired':
      return required(field, message);
    case 'FieldValueDuplicate':
      return duplicate(field, value);
    case 'FieldValueInvalid':
    case undefined:
      return invalidValue(field, value, message);
  }
}

function nodesWithRules(node: SchemaNode): SchemaNode[] {
  if (!node.below.rules) return [];
  const children = [...node.properties.values(), node.additional, node.items].filter(
    child => typeof child === 'object',
  );
  return [...(node.rules.length > 0 ? [node] : []), ...children.flatMap(nodesWithRules)];
}
