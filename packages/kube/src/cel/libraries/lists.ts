/** Lists and sets as CEL in Kubernetes has them. */
import type { Environment } from '@marcbachmann/cel-js';
import { equalValues } from '../values.ts';
import { define } from './define.ts';

type Comparable = bigint | number | string | boolean | Date;

class Sets {}

export function addLists(environment: Environment): void {
  define(environment, {
    'list<int>.sum(): int': (list: bigint[]) => list.reduce((sum, item) => sum + item, 0n),
    'list<double>.sum(): double': (list: number[]) => list.reduce((sum, item) => sum + item, 0),
    'list<T>.min(): T': (list: Comparable[]) => extreme('min', list, (a, b) => a < b),
    'list<T>.max(): T': (list: Comparable[]) => extreme('max', list, (a, b) => a > b),
    'list<T>.isSorted(): bool': (list: Comparable[]) =>
      list.every((item, at) => at === 0 || (list[at - 1] ?? item) <= item),
    'list<T>.indexOf(T): int': (list: unknown[], item: unknown) =>
      BigInt(list.findIndex(one => equalValues(one, item))),
    'list<T>.lastIndexOf(T): int': (list: unknown[], item: unknown) =>
      BigInt(list.findLastIndex(one => equalValues(one, item))),
  });
  environment.registerType('Sets', Sets).registerConstant('sets', 'Sets', new Sets());
  define(environment, {
    'Sets.contains(list<T>, list<T>): bool': (_: Sets, list: unknown[], part: unknown[]) => contains(list, part),
    'Sets.equivalent(list<T>, list<T>): bool': (_: Sets, a: unknown[], b: unknown[]) =>
      contains(a, b) && contains(b, a),
    'Sets.intersects(list<T>, list<T>): bool': (_: Sets, a: unknown[], b: unknown[]) =>
      a.some(item => b.some(other => equalValues(item, other))),
  });
}

function extreme(name: string, list: Comparable[], better: (a: Comparable, b: Comparable) => boolean): Comparable {
  if (list.length === 0) throw new RangeError(`${name} called on empty list`);
  return list.reduce((best, item) => (better(item, best) ? item : best));
}

function contains(list: unknown[], part: unknown[]): boolean {
  return part.every(item => list.some(other => equalValues(item, other)));
}
