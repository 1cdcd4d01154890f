/** Quantities in CEL: `quantity(self.size).compareTo(quantity(oldSelf.size)) >= 0`. */
import type { Environment } from '@marcbachmann/cel-js';
import { isQuantity, parseQuantity, Quantity } from '../../quantity.ts';
import { define } from './define.ts';

const type = 'kubernetes.Quantity';
const fromInteger = (value: bigint) => new Quantity(value * 1_000_000_000n);

export function addQuantities(environment: Environment): void {
  environment.registerType(type, Quantity);
  environment.registerOperator(`${type} == ${type}`, (a: Quantity, b: Quantity) => a.equals(b));
  define(environment, {
    'isQuantity(string): bool': isQuantity,
    [`quantity(string): ${type}`]: parseQuantity,
    [`${type}.isInteger(): bool`]: (a: Quantity) => a.toInteger() !== undefined,
    [`${type}.asInteger(): int`]: asInteger,
    [`${type}.asApproximateFloat(): double`]: (a: Quantity) => a.toNumber(),
    [`${type}.add(${type}): ${type}`]: (a: Quantity, b: Quantity) => a.add(b),
    [`${type}.add(int): ${type}`]: (a: Quantity, b: bigint) => a.add(fromInteger(b)),
    [`${type}.sub(${type}): ${type}`]: (a: Quantity, b: Quantity) => a.subtract(b),
    [`${type}.sub(int): ${type}`]: (a: Quantity, b: bigint) => a.subtract(fromInteger(b)),
    [`${type}.isLessThan(${type}): bool`]: (a: Quantity, b: Quantity) => a.compare(b) < 0,
    [`${type}.isGreaterThan(${type}): bool`]: (a: Quantity, b: Quantity) => a.compare(b) > 0,
    [`${type}.compareTo(${type}): int`]: (a: Quantity, b: Quantity) => BigInt(a.compare(b)),
  });
}

function asInteger(quantity: Quantity): bigint {
  const value = quantity.toInteger();
  if (value === undefined) throw new RangeError('cannot convert value to integer');
  return value;
}
