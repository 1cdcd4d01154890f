/** One validation rule: its expression, its message, and where its error points. */
import type { Environment } from '@marcbachmann/cel-js';
import type { Schema, ValidationRule } from '../schema.ts';
import { Expression, InstantiationError, type FieldsOf } from './expression.ts';
import { normalizeFieldPath } from './field-path.ts';

export type Outcome =
  | { kind: 'holds'; cost: number }
  /** The object breaks the rule. */
  | { kind: 'broken'; message: string; cost: number }
  /** The rule couldn't be evaluated on this object. */
  | { kind: 'failed'; message: string; cost: number }
  /** The rule, or all rules together, cost too much: nothing more is evaluated. */
  | { kind: 'exceeded'; message: string; cost: number };

/** What a rule may name. */
export interface RuleContext {
  environment: Environment;
  fieldsOf: FieldsOf;
}

export class CompiledRule {
  readonly source: ValidationRule;
  /** What is wrong with the rule itself; such a rule refuses every object. */
  readonly problems: { field: 'rule' | 'messageExpression' | 'fieldPath'; message: string }[] = [];
  readonly fieldPath: string;
  readonly #expression: Expression | undefined;
  readonly #message: Expression | undefined;

  constructor(context: RuleContext, source: ValidationRule, schema: Schema) {
    this.source = source;
    this.#expression = this.#compile(context, 'rule', 'bool', 'cel expression must evaluate to a bool');
    this.#message = this.#compile(
      context,
      'messageExpression',
      'string',
      'messageExpression must evaluate to a string',
    );
    this.fieldPath = this.#findFieldPath(schema);
  }

  /** Whether the rule also runs where there is nothing old. */
  get isOptional(): boolean {
    return this.source.optionalOldSelf === true;
  }

  get usesOldSelf(): boolean {
    return this.#expression?.usesOldSelf ?? false;
  }

  evaluate(variables: Record<string, unknown>, budget: number): Outcome {
    const problem = this.problems.find(({ field }) => field === 'rule');
    if (problem) return { kind: 'failed', message: `rule compile error: ${problem.message}`, cost: 0 };
    if (!this.#expression) return { kind: 'holds', cost: 0 };
    const result = this.#expression.evaluate(variables);
    if ('error' in result) return this.#failure(result.error, result.exceeded, result.cost);
    if (result.cost > budget) return { kind: 'exceeded', message: outOfBudget, cost: result.cost };
    if (result.value === true) return { kind: 'holds', cost: result.cost };
    const message = this.#messageFor(variables, budget - result.cost);
    return { kind: 'broken', message: message.text, cost: result.cost + message.cost };
  }

  #compile(
    { environment, fieldsOf }: RuleContext,
    field: 'rule' | 'messageExpression',
    type: string,
    otherwise: string,
  ): Expression | undefined {
    const source = this.source[field];
    if (source === undefined || source.trim() === '') return undefined;
    try {
      const expression = new Expression(environment, source, fieldsOf);
      if (expression.type === type || expression.type === 'dyn') return expression;
      this.problems.push({ field, message: otherwise });
    } catch (error) {
      this.problems.push({ field, message: `${failureOf(field, error)}: ${(error as Error).message}` });
    }
    return undefined;
  }

  #findFieldPath(schema: Schema): string {
    const { fieldPath } = this.source;
    if (!fieldPath) return '';
    try {
      return normalizeFieldPath(fieldPath, schema);
    } catch (error) {
      this.problems.push({ field: 'fieldPath', message: (error as Error).message });
      return '';
    }
  }

  #failure(error: string, exceeded: boolean, cost: number): Outcome {
    const rule = (this.source.message ?? this.source.rule).trim();
    if (exceeded) {
      const message = `'${error}': no further validation rules will be run due to call cost exceeds limit for rule: ${rule}`;
      return { kind: 'exceeded', message, cost };
    }
    if (error.startsWith('no such overload') || error.startsWith('found no matching overload')) {
      const why = 'call arguments did not match a supported operator, function or macro signature for rule';
      return { kind: 'failed', message: `'${error}': ${why}: ${rule}`, cost };
    }
    return { kind: 'failed', message: `${error} evaluating rule: ${rule}`, cost };
  }

  /** A message that can't be computed, is empty or has several lines gives way to the fixed one. */
  #messageFor(variables: Record<string, unknown>, budget: number): { text: string; cost: number } {
    const result = this.#message?.evaluate(variables);
    const cost = result?.cost ?? 0;
    if (result && 'value' in result && typeof result.value === 'string' && cost <= budget) {
      const text = result.value.trim();
      if (text !== '' && !text.includes('\n')) return { text, cost };
    }
    const { message, rule } = this.source;
    return { text: message ? message.trim() : `failed rule: ${rule.trim()}`, cost };
  }
}

function failureOf(field: 'rule' | 'messageExpression', error: unknown): string {
  if (error instanceof InstantiationError)
    return `${field === 'rule' ? 'program' : 'messageExpression'} instantiation failed`;
  return field === 'rule' ? 'compilation failed' : 'messageExpression compilation failed';
}

const outOfBudget = 'validation failed due to running out of cost budget, no further validation rules will be run';
