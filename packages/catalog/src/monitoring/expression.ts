/**
 * What an alert looks at, as data: an expression over an instance's metrics. Every leaf comes down to one number an instance, so that
 * Prometheus and the plane, which has no Prometheus, reckon the same: `promQl` writes it, `valueOf` works it out.
 */

export type Expression =
  /** All series of these names, brought down to one number. */
  | { kind: 'metric'; names: readonly string[]; where?: Readonly<Record<string, string>>; by: 'max' | 'min' | 'sum' }
  | { kind: 'number'; value: number }
  /** The present moment, in seconds. */
  | { kind: 'now' }
  | { kind: 'arithmetic'; left: Expression; operator: '+' | '-' | '*' | '/'; right: Expression };

export type Comparison = '>' | '>=' | '<' | '==';

/** One sample of one instance. */
export interface Sample {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** By what series belong to an instance, everywhere. */
export const identity = ['namespace', 'claim'] as const;

export function metric(
  names: string | readonly string[],
  how: { where?: Record<string, string>; by?: 'max' | 'min' | 'sum' } = {},
): Expression {
  const { where, by = 'max' } = how;
  return { kind: 'metric', names: typeof names === 'string' ? [names] : names, by, ...(where ? { where } : {}) };
}

export function arithmetic(
  left: Expression,
  operator: Extract<Expression, { kind: 'arithmetic' }>['operator'],
  right: Expression,
): Expression {
  return { kind: 'arithmetic', left, operator, right };
}

export const now: Expression = { kind: 'now' };

/** The expression in PromQL: one series an instance, labelled with its identity. */
export function promQl(expression: Expression): string {
  switch (expression.kind) {
    case 'number':
      return String(expression.value);
    case 'now':
      return 'time()';
    case 'arithmetic': {
      const { left, operator, right } = expression;
      return `${inParentheses(left)} ${operator} ${inParentheses(right)}`;
    }
    case 'metric': {
      const { names, where = {}, by } = expression;
      const matchers = Object.entries(where).map(([label, value]) => `${label}=${quoted(value)}`);
      const [only = '', ...more] = names;
      const selector =
        more.length === 0 ? only : `{${[`__name__=~${quoted(names.join('|'))}`, ...matchers].join(',')}}`;
      const labels = more.length === 0 && matchers.length > 0 ? `{${matchers.join(',')}}` : '';
      return `${by} by (${identity.join(', ')}) (${selector}${labels})`;
    }
  }
}

function inParentheses(expression: Expression): string {
  const text = promQl(expression);
  return expression.kind === 'arithmetic' ? `(${text})` : text;
}

/** A string literal as PromQL reads it. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** Its value for the instance whose samples these are; `undefined` where there is nothing to reckon with, as in Prometheus. */
export function valueOf(expression: Expression, samples: readonly Sample[], atSeconds: number): number | undefined {
  switch (expression.kind) {
    case 'number':
      return expression.value;
    case 'now':
      return atSeconds;
    case 'arithmetic': {
      const left = valueOf(expression.left, samples, atSeconds);
      const right = valueOf(expression.right, samples, atSeconds);
      return left === undefined || right === undefined ? undefined : calculate(left, expression.operator, right);
    }
    case 'metric': {
      const { names, where = {}, by } = expression;
      const values = samples
        .filter(({ name, labels }) => names.includes(name) && Object.entries(where).every(([k, v]) => labels[k] === v))
        .map(({ value }) => value);
      return values.length === 0 ? undefined : reduced(values, by);
    }
  }
}

function calculate(left: number, operator: '+' | '-' | '*' | '/', right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
  }
}

function reduced(values: number[], by: 'max' | 'min' | 'sum'): number {
  if (by === 'sum') return values.reduce((sum, value) => sum + value, 0);
  return values.reduce((one, other) => (by === 'max' ? Math.max(one, other) : Math.min(one, other)));
}

/** Whether it is so. Nothing compares with what is no number, again as in Prometheus. */
export function holds(value: number | undefined, comparison: Comparison, threshold: number): boolean {
  if (value === undefined) return false;
  switch (comparison) {
    case '>':
      return value > threshold;
    case '>=':
      return value >= threshold;
    case '<':
      return value < threshold;
    case '==':
      return value === threshold;
  }
}

/** The metrics that it looks at, with the labels that it tells them apart by. */
export function metricNames(expression: Expression): { name: string; labels: string[] }[] {
  switch (expression.kind) {
    case 'number':
    case 'now':
      return [];
    case 'arithmetic':
      return [...metricNames(expression.left), ...metricNames(expression.right)];
    case 'metric':
      return expression.names.map(name => ({ name, labels: Object.keys(expression.where ?? {}) }));
  }
}
