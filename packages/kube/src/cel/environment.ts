/** CEL as Kubernetes speaks it: the language, optional values, and the libraries. */
import { Environment, Optional } from '@marcbachmann/cel-js';
import { define } from './libraries/define.ts';
import { addLists } from './libraries/lists.ts';
import { addNetwork } from './libraries/network.ts';
import { addQuantities } from './libraries/quantities.ts';
import { addText } from './libraries/text.ts';

/** A fresh environment; make few, they are large. */
export function createEnvironment(): Environment {
  const environment = new Environment({
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 10_000, maxDepth: 100 },
  });
  addText(environment);
  addLists(environment);
  addQuantities(environment);
  addNetwork(environment);
  addOptionalMacros(environment);
  return environment;
}

/** What the library hands to a macro, as far as it is used here. */
interface Type {
  name: string;
  kind: string;
  valueType: Type;
}
interface Macro {
  receiver: unknown;
  variable: string;
  body: unknown;
  inner?: Scope;
}
interface Scope {
  forkWithVariable(name: string, type: Type): Scope;
  reuse(context: Scope): Scope;
  setIterValue(value: unknown, evaluator: unknown): Scope;
}
interface Checker {
  check(node: unknown, scope: Scope): Type;
  getType(name: string): Type;
}
interface Evaluator {
  run(node: unknown, scope: Scope): unknown;
}

/** `value.optMap(x, …)` and `value.optFlatMap(x, …)`. */
function addOptionalMacros(environment: Environment): void {
  for (const name of ['optMap', 'optFlatMap']) {
    const flat = name === 'optFlatMap';
    const expand = (call: { args: [{ args: string }, unknown]; receiver: unknown }) => ({
      receiver: call.receiver,
      variable: call.args[0].args,
      body: call.args[1],
      typeCheck: (checker: Checker, macro: Macro, scope: Scope) => checkMacro(checker, macro, scope, flat),
      evaluate: (evaluator: Evaluator, macro: Macro, scope: Scope) => evaluateMacro(evaluator, macro, scope, flat),
    });
    define(environment, { [`optional.${name}(ast, ast): optional<dyn>`]: expand });
  }
}

function checkMacro(checker: Checker, macro: Macro, scope: Scope, flat: boolean): Type {
  const type = checker.check(macro.receiver, scope);
  macro.inner = scope.forkWithVariable(
    macro.variable,
    type.kind === 'optional' ? type.valueType : checker.getType('dyn'),
  );
  const result = checker.check(macro.body, macro.inner);
  return flat ? result : checker.getType(`optional<${result.name}>`);
}

function evaluateMacro(evaluator: Evaluator, macro: Macro, scope: Scope, flat: boolean): unknown {
  const optional = evaluator.run(macro.receiver, scope) as Optional;
  if (!optional.hasValue() || !macro.inner) return Optional.none();
  const result = evaluator.run(macro.body, macro.inner.reuse(scope).setIterValue(optional.value(), evaluator));
  return flat ? result : Optional.of(result);
}
