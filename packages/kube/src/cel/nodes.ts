/** The CEL library's syntax tree, as far as it is looked into here: it documents the tree, but not its types. */
import { compilePattern } from '../schema/pattern.ts';

export type Evaluate = (evaluator: Evaluator, node: ExpressionNode, context: unknown) => unknown;

export interface Evaluator {
  run(node: ExpressionNode, context: unknown): unknown;
}

export interface ExpressionNode {
  op: string;
  args: unknown;
  /** Where its text starts. */
  start: number;
  checkedType?: { name: string };
  meta: { evaluate: Evaluate; macro?: Record<string, unknown>; alternate?: unknown };
  setMeta(key: 'evaluate', evaluate: Evaluate): void;
}

/** All nodes below `root`, itself included. */
export function nodesOf(root: ExpressionNode): ExpressionNode[] {
  const nodes = new Set<ExpressionNode>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (isNode(value)) {
      if (nodes.has(value)) return;
      nodes.add(value);
      visit(value.args);
      if (value.meta.macro) Object.values(value.meta.macro).forEach(visit);
    } else if (isPlain(value)) Object.values(value).forEach(visit);
  };
  visit(root);
  return [...nodes];
}

/** Whether the expression names the variable. */
export function usesVariable(root: ExpressionNode, name: string): boolean {
  return nodesOf(root).some(node => node.op === 'id' && node.args === name);
}

/** The place of a literal that `matches` can't read as a regular expression; `undefined` when there is none. */
export function findBadPattern(root: ExpressionNode): number | undefined {
  return nodesOf(root)
    .map(node => literalOf(node, ['matches'], args => args.at(-1)))
    .find(literal => literal !== undefined && patternProblem(literal.text) !== undefined)?.start;
}

/** What is wrong with a literal that `find` or `findAll` is given; Kubernetes reads those after the check of types. */
export function findBadSearch(root: ExpressionNode): string | undefined {
  return nodesOf(root)
    .map(node => literalOf(node, ['find', 'findAll'], args => args[1]))
    .map(literal => literal && patternProblem(literal.text))
    .find(problem => problem !== undefined);
}

/** The text that a call of one of these functions is given, where it is a literal. The receiver is the first of its `args`. */
function literalOf(
  { op, args }: ExpressionNode,
  functions: string[],
  choose: (args: unknown[]) => unknown,
): { text: string; start: number } | undefined {
  if (op !== 'call' && op !== 'rcall') return undefined;
  const [name, ...rest] = args as [string, ...unknown[]];
  const literal = choose(rest.flat());
  if (!functions.includes(name) || !isNode(literal) || literal.op !== 'value') return undefined;
  return typeof literal.args === 'string' ? { text: literal.args, start: literal.start } : undefined;
}

function patternProblem(text: string): string | undefined {
  try {
    compilePattern(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The place of `cel.bind`, which the library has and Kubernetes hasn't; `undefined` when it isn't used. */
export function findBinding(root: ExpressionNode): number | undefined {
  return nodesOf(root).find(node => node.op === 'id' && node.args === 'cel')?.start;
}

/** The library lets `has(self.unknown)` pass; Kubernetes doesn't. Expects a checked expression. */
export function findUnknownField(
  root: ExpressionNode,
  fieldsOf: (type: string) => Record<string, string> | undefined,
): { field: string; start: number } | undefined {
  for (const node of nodesOf(root)) {
    const field = unknownFieldOf(node.meta.macro?.macroHasProps, fieldsOf);
    if (field !== undefined) return { field, start: node.start + 'has'.length };
  }
  return undefined;
}

/** `path`: the selections of a `has`, the outermost first, and last what is selected from. */
function unknownFieldOf(
  path: unknown,
  fieldsOf: (type: string) => Record<string, string> | undefined,
): string | undefined {
  if (!Array.isArray(path)) return undefined;
  const [from, ...selections] = (path as ExpressionNode[]).toReversed();
  let type = from?.checkedType?.name ?? '';
  for (const { args } of selections) {
    const fields = fieldsOf(type);
    const field = (args as [unknown, string])[1];
    if (!fields) return undefined;
    if (fields[field] === undefined) return field;
    type = fields[field];
  }
  return undefined;
}

function isNode(value: unknown): value is ExpressionNode {
  return typeof value === 'object' && value !== null && 'setMeta' in value && 'op' in value;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
