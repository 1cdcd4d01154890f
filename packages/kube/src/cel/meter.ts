/**
 * Bounds what a rule may cost, as Kubernetes does, so that a hostile rule ends instead of holding the process.
 * The CEL library has no such bound: the expression's nodes are wrapped so that each evaluation is counted.
 */
import { nodesOf, type Evaluate, type Evaluator, type ExpressionNode } from './nodes.ts';
import { sizeOf } from './values.ts';
import { matches } from './libraries/text.ts';

/** What one expression may cost: a step is one node evaluated, or ten characters looked at. */
export const maxExpressionCost = 1_000_000;

export class CostExceededError extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}

/** Thrown again and again while the library unwinds: one without a stack is cheap. */
const exceeded = new CostExceededError();

/** Counts for one expression at a time. */
export class Meter {
  spent = 0;

  spend(cost: number): void {
    this.spent += cost;
    if (this.spent > maxExpressionCost) throw exceeded;
  }
}

/** Makes every node of a checked expression count. */
export function meterExpression(root: ExpressionNode, meter: Meter): void {
  const counted = countedBy(meter);
  for (const node of nodesOf(root)) {
    const evaluate = isMatches(node) ? evaluateMatches(meter) : node.meta.evaluate;
    const costsByResult = ['+', 'call', 'rcall'].includes(node.op);
    const costsByOperands = ['==', '!=', 'in', 'call', 'rcall'].includes(node.op);
    node.setMeta('evaluate', (evaluator, self, context) => {
      meter.spend(1);
      const result = evaluate(costsByOperands ? counted(evaluator) : evaluator, self, context);
      if (costsByResult) meter.spend(sizeOf(result));
      return result;
    });
  }
}

/** For an evaluator, one that counts the operands' sizes as it evaluates them; made once, since it is needed at every step. */
function countedBy(meter: Meter): (evaluator: Evaluator) => Evaluator {
  const known = new WeakMap<Evaluator, Evaluator>();
  return evaluator => {
    const counting = known.get(evaluator) ?? (Object.create(evaluator) as Evaluator);
    if (known.has(evaluator)) return counting;
    counting.run = (node, context) => {
      const result = evaluator.run(node, context);
      meter.spend(sizeOf(result));
      return result;
    };
    known.set(evaluator, counting);
    return counting;
  };
}

function isMatches(node: ExpressionNode): boolean {
  return node.op === 'rcall' && Array.isArray(node.args) && node.args[0] === 'matches';
}

/** The library's own `matches` uses JavaScript's regular expressions, which may take for ever. */
function evaluateMatches(meter: Meter): Evaluate {
  return (evaluator, node, context) => {
    const [, receiver, [argument]] = node.args as [string, ExpressionNode, [ExpressionNode]];
    const text = evaluator.run(receiver, context);
    const pattern = evaluator.run(argument, context);
    if (typeof text !== 'string' || typeof pattern !== 'string') throw new RangeError('no such overload: matches');
    meter.spend((text.length * pattern.length) / 100);
    return matches(text, pattern);
  };
}
