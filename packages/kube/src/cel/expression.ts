/** One CEL expression, checked against its types and bounded in what it may cost. */
import { EvaluationError, ParseError, TypeError as CelTypeError, type Environment } from '@marcbachmann/cel-js';
import { CostExceededError, Meter, meterExpression } from './meter.ts';
import {
  findBadPattern,
  findBadSearch,
  findBinding,
  findUnknownField,
  usesVariable,
  type ExpressionNode,
} from './nodes.ts';

export type Result = { value: unknown; cost: number } | { error: string; cost: number; exceeded: boolean };

export class Expression {
  readonly type: string;
  readonly usesOldSelf: boolean;
  readonly #run: (variables: Record<string, unknown>) => unknown;
  readonly #meter = new Meter();

  /**
   * `fieldsOf` tells an object type's fields.
   * @throws CompileError, InstantiationError
   */
  constructor(environment: Environment, source: string, fieldsOf: FieldsOf) {
    let root: ExpressionNode;
    try {
      const parsed = environment.parse(source);
      const checked = parsed.check();
      if (!checked.valid) throw checked.error ?? new Error('invalid expression');
      root = parsed.ast as unknown as ExpressionNode;
      const binding = findBinding(root);
      if (binding !== undefined) throw new UnknownNameError('Unknown variable: cel', binding);
      const pattern = findBadPattern(root);
      if (pattern !== undefined) throw new UnknownNameError('invalid matches argument', pattern);
      const unknown = findUnknownField(root, fieldsOf);
      if (unknown) throw new UnknownNameError(`No such key: ${unknown.field}`, unknown.start);
      meterExpression(root, this.#meter);
      this.type = checked.type ?? 'dyn';
      this.usesOldSelf = usesVariable(root, 'oldSelf');
      this.#run = parsed;
    } catch (cause) {
      throw new CompileError(source, cause);
    }
    const problem = findBadSearch(root);
    if (problem !== undefined) throw new InstantiationError(problem);
  }

  /** Never throws. */
  evaluate(variables: Record<string, unknown>): Result {
    const meter = this.#meter;
    meter.spent = 0;
    try {
      const value = this.#run(variables);
      return { value, cost: meter.spent };
    } catch (error) {
      const exceeded = error instanceof CostExceededError;
      return { error: evaluationText(error), cost: meter.spent, exceeded };
    }
  }
}

export type FieldsOf = (type: string) => Record<string, string> | undefined;

/** What the library lets pass and Kubernetes doesn't, in the library's words. */
class UnknownNameError extends Error {
  readonly summary: string;
  readonly range: { start: number };

  constructor(summary: string, start: number) {
    super(summary);
    this.summary = summary;
    this.range = { start };
  }
}

/** The text is Kubernetes': the place, the line, and a mark under the place. */
export class CompileError extends Error {
  constructor(source: string, cause: unknown) {
    super(compileText(source, cause), { cause });
  }
}

/** The expression is well-formed, but no program can be made of it. */
export class InstantiationError extends Error {}

function evaluationText(error: unknown): string {
  if (error instanceof EvaluationError) return lowerFirst(error.summary);
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}

function compileText(source: string, cause: unknown): string {
  if (!isLocated(cause)) return cause instanceof Error ? cause.message : String(cause);
  const start = placeOf(source, cause.range?.start ?? 0);
  const lines = source.slice(0, start).split('\n');
  const column = lines.at(-1)?.length ?? 0;
  const line = source.split('\n')[lines.length - 1] ?? '';
  const what = cause instanceof ParseError ? `Syntax error: ${cause.summary}` : problemText(cause.summary);
  return `ERROR: <input>:${lines.length}:${column + 1}: ${what}\n | ${line}\n | ${'.'.repeat(column)}^`;
}

type Located = ParseError | CelTypeError | EvaluationError | UnknownNameError;

function isLocated(cause: unknown): cause is Located {
  return [ParseError, CelTypeError, EvaluationError, UnknownNameError].some(type => cause instanceof type);
}

/** Of a field, Kubernetes marks the dot. */
function placeOf(source: string, start: number): number {
  return source[start - 1] === '.' ? start - 1 : start;
}

/** The library's words for the commonest mistakes, in those of Kubernetes. */
function problemText(summary: string): string {
  const field = /^No such key: (.*)$/.exec(summary)?.[1];
  if (field !== undefined) return `undefined field '${field}'`;
  const variable = /^Unknown variable: (.*)$/.exec(summary)?.[1];
  if (variable !== undefined) return `undeclared reference to '${variable}' (in container '')`;
  return summary;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
