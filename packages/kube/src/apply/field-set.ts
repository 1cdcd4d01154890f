/**
 * Sets of fields in the form that `managedFields` has on the wire (`FieldsV1`): a tree of path elements (`f:name` a field,
 * `k:{"name":"x"}` a list item by its keys, `v:"x"` a set's item). A node without children is in the set; one with children is
 * itself in the set when it has the key `.`. Every function gives new nodes and may share old ones; `undefined` is the empty set.
 */
import type { Schema } from '../schema.ts';
import { childSchema, isNamedField } from './shape.ts';

export interface FieldSet {
  readonly [element: string]: FieldSet;
}

/** The node of a path that is in the set and has nothing below. */
export const leaf: FieldSet = Object.freeze({});

/** Puts a node together of children made for it; the empty set when nothing is in it. */
export function nodeOf(member: boolean, children: Record<string, FieldSet> | undefined): FieldSet | undefined {
  if (children === undefined || isBare(children)) return member ? leaf : undefined;
  if (member) children['.'] = leaf;
  return children;
}

/** Whether the node's own path is in the set. */
export function isMember(node: FieldSet): boolean {
  return Object.hasOwn(node, '.') || isBare(node);
}

/** Whether any path is below the node's own. */
export function hasChildren(node: FieldSet): boolean {
  for (const element in node) if (element !== '.') return true;
  return false;
}

export function union(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (a === undefined || a === b) return b;
  if (b === undefined) return a;
  const children: Record<string, FieldSet> = {};
  for (const element in a) {
    const node = a[element] ?? leaf;
    if (element !== '.') children[element] = union(node, b[element]) ?? node;
  }
  for (const element in b) if (element !== '.') children[element] ??= b[element] ?? leaf;
  return nodeOf(isMember(a) || isMember(b), children);
}

export function intersection(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (a === undefined || b === undefined) return undefined;
  let children: Record<string, FieldSet> | undefined;
  for (const element in b) {
    const both = element === '.' ? undefined : intersection(a[element], b[element]);
    if (both !== undefined) (children ??= {})[element] = both;
  }
  return nodeOf(isMember(a) && isMember(b), children);
}

/** Whether any path is in both. */
export function overlaps(a: FieldSet | undefined, b: FieldSet | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  if (isMember(a) && isMember(b)) return true;
  for (const element in b) if (element !== '.' && overlaps(a[element], b[element])) return true;
  return false;
}

/** What is in `a` and not in `b`, path by path: a parent in `b` takes nothing from below it. */
export function difference(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (a === undefined || b === undefined) return a;
  const children: Record<string, FieldSet> = {};
  for (const element in a) {
    const rest = element === '.' ? undefined : difference(a[element], b[element]);
    if (rest !== undefined) children[element] = rest;
  }
  return nodeOf(isMember(a) && !isMember(b), children);
}

/** The set with every struct field in it that leads to a member: a manager of `spec.x` counts as one of `spec`. */
export function withNamedFields(set: FieldSet | undefined, schema: Schema): FieldSet | undefined {
  if (set === undefined || isBare(set)) return set;
  const children: Record<string, FieldSet> = {};
  for (const element in set) {
    if (element === '.') continue;
    const name = element.startsWith('f:') ? element.slice(2) : undefined;
    const below = name === undefined ? (schema.items ?? {}) : childSchema(schema, name);
    const named = withNamedFields(set[element], below) ?? leaf;
    const isNamed = name !== undefined && isNamedField(schema, name);
    children[element] = isNamed && !isMember(named) ? { '.': leaf, ...named } : named;
  }
  return nodeOf(isMember(set), children);
}

/** Only the top-level fields that `keep` wants. */
export function restrictFields(set: FieldSet | undefined, keep: (field: string) => boolean): FieldSet | undefined {
  if (set === undefined) return undefined;
  const children: Record<string, FieldSet> = {};
  for (const element in set) if (element !== '.' && keep(element.slice(2))) children[element] = set[element] ?? leaf;
  return nodeOf(false, children);
}

/** Every path in the set, parents' own before what lies below them. */
export function pathsOf(set: FieldSet | undefined, prefix: readonly string[] = []): string[][] {
  if (set === undefined) return [];
  const children = childrenOf(set).sort(([a], [b]) => byElement(a, b));
  const own = children.filter(([, node]) => isMember(node)).map(([element]) => [...prefix, element]);
  return [...own, ...children.flatMap(([element, node]) => (isBare(node) ? [] : pathsOf(node, [...prefix, element])))];
}

function childrenOf(node: FieldSet): [string, FieldSet][] {
  return Object.entries(node).filter(([element]) => element !== '.');
}

function isBare(node: object): boolean {
  for (const _element in node) return false;
  return true;
}

const elementOrder = 'fkvi';

/** Fields, then items by key, by value, by index. */
function byElement(a: string, b: string): number {
  const kinds = elementOrder.indexOf(a.charAt(0)) - elementOrder.indexOf(b.charAt(0));
  return kinds !== 0 ? kinds : a < b ? -1 : Number(a > b);
}
