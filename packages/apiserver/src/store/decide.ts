/** Whether a commit may happen, and what it then makes of the world. Pure: it is told the state and touches nothing. */
import type { Record } from './record.ts';
import type { Change, StoreEvent, Stored, StoreKey } from './store.ts';
import { spell } from './errors.ts';
import { wholeIdOf } from './objects.ts';
import { textOf, valueOf, withRevision } from './value.ts';

export interface Effect {
  record: Record;
  event: StoreEvent;
}

export type Decision =
  | { kind: 'go'; effects: Effect[] }
  | { kind: 'conflict'; key: StoreKey; expected: number | undefined; current: Stored | undefined };

/**
 * Each change gets a revision of its own, counting from `after` + 1.
 * @throws RangeError when the changes make no sense in any state: a key twice, or one that no object can have
 */
export function decide(changes: Change[], find: (key: StoreKey) => Stored | undefined, after: number): Decision {
  const keys = new Set(changes.map(change => checkedId(change.key)));
  if (keys.size < changes.length) throw new RangeError('cannot commit: two changes of one object');
  const effects: Effect[] = [];
  for (const change of changes) {
    const current = find(change.key);
    if (!agrees(change, current)) return { kind: 'conflict', key: change.key, expected: change.expect, current };
    effects.push(effectOf(change, current, after + effects.length + 1));
  }
  return { kind: 'go', effects };
}

/** The state after the event; `undefined` after a deletion. */
export function storedOf({ type, key, revision, value }: StoreEvent): Stored | undefined {
  return type === 'delete' ? undefined : { key, revision, value };
}

function checkedId(key: StoreKey): string {
  const { resource, namespace, name } = key;
  if (resource === '' || name === '' || `${resource}${namespace}${name}`.includes('\u0000')) {
    throw new RangeError(`cannot commit ${spell(key)}: a resource and a name are needed, without NUL`);
  }
  return wholeIdOf(key);
}

function agrees(change: Change, current: Stored | undefined): boolean {
  if (change.do === 'delete' && current === undefined) return false;
  return change.expect === undefined || change.expect === (current?.revision ?? 0);
}

function effectOf(change: Change, current: Stored | undefined, revision: number): Effect {
  const key = { resource: change.key.resource, namespace: change.key.namespace, name: change.key.name };
  const previous = current?.revision ?? 0;
  if (change.do === 'delete') {
    const before = (current as Stored).value;
    return {
      record: { revision, key, previous, text: null },
      event: { type: 'delete', revision, key, value: withRevision(before, revision), previous: before },
    };
  }
  const text = textOf(change.value, revision);
  const before = current === undefined ? {} : { previous: current.value };
  return {
    record: { revision, key, previous, text },
    event: { type: 'put', revision, key, value: valueOf(text), ...before },
  };
}
