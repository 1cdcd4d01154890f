/** Writers and watchers that note down all they were told, for the judge in check-history.ts. */
import {
  type Change,
  CompactedError,
  type Store,
  StoreConflictError,
  type StoreEvent,
  type StoreKey,
} from '../../src/store/index.ts';
import type { Seen, Watched, Write } from './check-history.ts';
import { type Chance, contentOf, keyOf, nextTurn, objectOf } from './fixtures.ts';

export interface Recording {
  writes: Write[];
  watchers: Watched[];
  /** How many watches ended with `CompactedError`. */
  ended: number;
}

export interface Scope {
  resource: string;
  namespace?: string;
}

export function record(): Recording {
  return { writes: [], watchers: [], ended: 0 };
}

/** Commits one to three changes at a time: creations, updates and deletions, some expecting what isn't so. */
export async function runWriter(
  store: Store,
  { who, commits, chance, recording }: { who: string; commits: number; chance: Chance; recording: Recording },
): Promise<void> {
  for (let count = 0; count < commits; count++) {
    const changes = new Map(
      Array.from({ length: 1 + chance(3) }, (_, at) => {
        const change = randomChange(store, chance, `${who}, commit ${count}, change ${at}`);
        return [spellKey(change.key), change];
      }),
    );
    try {
      const stored = await store.commit([...changes.values()]);
      recording.writes.push(...stored.map((one, at) => toldOf([...changes.values()][at] as Change, one.revision)));
      const last = stored.at(-1)?.revision ?? 0;
      if (store.revision < last) throw new Error(`${last} was answered while the store showed ${store.revision}`);
    } catch (error) {
      if (!(error instanceof StoreConflictError)) throw error;
    }
  }
}

/**
 * Lists, then watches until `done` and everything up to then was seen. It reads slowly now and then, leaves and comes back where it
 * was, and lists again when it is told that it is too late.
 */
export async function runWatcher(
  store: Store,
  options: { who: string; scope: Scope; chance: Chance; recording: Recording; done: AbortSignal },
): Promise<void> {
  const { who, scope, chance, recording, done } = options;
  let watched = listed(store, who, scope);
  recording.watchers.push(watched);
  for (;;) {
    const patience = 1 + chance(40);
    try {
      if (await watchAWhile(store, { scope, watched, patience, done, slow: chance(3) === 0 })) return;
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      recording.ended++;
      watched = listed(store, `${who}, again`, scope);
      recording.watchers.push(watched);
    }
  }
}

/** One connection of so many events. True when all was seen that will ever come. */
async function watchAWhile(
  store: Store,
  options: { scope: Scope; watched: Watched; patience: number; done: AbortSignal; slow: boolean },
): Promise<boolean> {
  const { scope, watched, patience, done, slow } = options;
  const since = watched.seen.at(-1)?.revision ?? watched.start.revision;
  let count = 0;
  for await (const item of store.watch(scope.resource, { namespace: scope.namespace, since, progressEveryMs: 2 })) {
    watched.seen.push(item.type === 'progress' ? item : seenOf(item));
    if (item.type === 'progress' && done.aborted && item.revision === store.revision) return true;
    if (++count >= patience) return false;
    for (let turn = 0; slow && turn < 20; turn++) await nextTurn();
  }
  throw new Error('the watch ended by itself');
}

/** An event as the judge wants it. */
export function seenOf(event: StoreEvent): Write & Seen {
  const { type, revision, key, value, previous } = event;
  if (value.metadata.resourceVersion !== String(revision)) throw new Error(`revision ${revision} is stamped otherwise`);
  const before = previous === undefined ? '' : contentOf(previous);
  return { type, revision, key: spellKey(key), before, ...(type === 'put' ? { content: contentOf(value) } : {}) };
}

/** A change that was acknowledged, as the judge wants it. */
export function toldOf(change: Change, revision: number): Write {
  const key = spellKey(change.key);
  return change.do === 'put'
    ? { type: 'put', revision, key, content: contentOf(change.value) }
    : { type: 'delete', revision, key };
}

export function spellKey(key: StoreKey): string {
  return `${key.resource}/${key.namespace}/${key.name}`;
}

function listed(store: Store, who: string, { resource, namespace }: Scope): Watched {
  const { items, revision } = store.list(resource, namespace);
  const prefix = namespace === undefined ? `${resource}/` : `${resource}/${namespace}/`;
  const state = new Map(items.map(item => [spellKey(item.key), contentOf(item.value)]));
  return { who, covers: key => key.startsWith(prefix), start: { revision, state }, seen: [] };
}

function randomChange(store: Store, chance: Chance, content: string): Change {
  const key = keyOf(`n${chance(6)}`, ['a', 'b', 'c'][chance(3)], ['configmaps', 'secrets'][chance(2)]);
  const now = store.get(key)?.revision ?? 0;
  const expect = [now, now, now + 1, undefined][chance(4)];
  if (now !== 0 && chance(4) === 0) return { do: 'delete', key, expect };
  return { do: 'put', key, value: objectOf(key, content), expect };
}
