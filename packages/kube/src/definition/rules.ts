/** Checks that the rules and the defaults in a definition's schema work: a rule compiles, a default fits its own schema. */
import { Rules } from '../cel/rules.ts';
import { invalidValue, type FieldError } from '../field-error.ts';
import { GoStruct } from '../go-text.ts';
import { cloneJson, equalJson } from '../json.ts';
import type { Schema, ValidationRule } from '../schema.ts';
import { applyDefaults } from '../schema/defaults.ts';
import { readSchema, type SchemaNode } from '../schema/node.ts';
import { pruneValue } from '../schema/prune.ts';
import { validateKeys, validateValue } from '../schema/validate.ts';

/** Expects a schema that is structural. */
export function validateDefaults(schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  visit(readSchema(schema, true), path, (node, at) => {
    const value = node.schema.default;
    if (value !== undefined && value !== null) errors.push(...validateDefault(node, value, `${at}.default`));
  });
  return errors;
}

function validateDefault(node: SchemaNode, value: unknown, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const pruned = cloneJson(value);
  pruneValue(node, pruned);
  if (!equalJson(pruned, value)) errors.push(invalidValue(path, value, 'must not have unknown fields'));
  const found: FieldError[] = [];
  applyDefaults(node, pruned);
  validateValue(node, { value: pruned, path: '' }, found);
  validateKeys(node, pruned, '', found);
  if (found.length === 0 && node.below.rules) found.push(...new Rules(node).validate(node, pruned, undefined));
  return [...errors, ...found.map(error => ({ ...error, field: below(path, error.field) }))];
}

function below(path: string, field: string): string {
  if (field === '<nil>') return path;
  return field.startsWith('[') ? path + field : `${path}.${field}`;
}

/** Expects a schema that is well in every other way: of a broken one, rules have no types to be checked with. */
export function validateRules(schema: Schema, path: string): FieldError[] {
  const root = readSchema(schema, true);
  if (!root.below.rules) return [];
  const rules = new Rules(root);
  const errors: FieldError[] = [];
  visit(root, path, (node, at, uncorrelated) => {
    rules.rulesOf(node).forEach((rule, index) => {
      const ruleAt = `${at}.x-kubernetes-validations[${index}]`;
      for (const { field, message } of rule.problems) {
        errors.push(invalidValue(`${ruleAt}.${field}`, shownRule(rule.source), message));
      }
      if (rule.usesOldSelf && uncorrelated !== undefined) {
        const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`;
        errors.push(invalidValue(`${ruleAt}.rule`, rule.source.rule, why));
      }
      if (!rule.usesOldSelf && rule.source.optionalOldSelf !== undefined && rule.problems.length === 0) {
        const why = 'may not be set if oldSelf is not used in rule';
        errors.push(invalidValue(`${ruleAt}.optionalOldSelf`, rule.source.optionalOldSelf, why));
      }
    });
  });
  return errors;
}

/** A rule as Kubernetes' errors show it. */
function shownRule(rule: ValidationRule): GoStruct {
  return new GoStruct({
    Rule: rule.rule,
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  });
}

type Look = (node: SchemaNode, path: string, uncorrelated: string | undefined) => void;

/** `uncorrelated`: the outermost list whose items have no identity, so that nothing in it has a past. */
function visit(node: SchemaNode, path: string, look: Look, uncorrelated?: string): void {
  look(node, path, uncorrelated);
  const named = node.schema.properties ?? {};
  for (const [key, child] of node.properties) {
    if (Object.hasOwn(named, key)) visit(child, `${path}.properties[${key}]`, look, uncorrelated);
  }
  if (typeof node.additional === 'object') visit(node.additional, `${path}.additionalProperties`, look, uncorrelated);
  if (!node.items) return;
  visit(node.items, `${path}.items`, look, uncorrelated ?? (node.listType === 'map' ? undefined : path));
}
