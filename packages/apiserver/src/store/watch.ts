/**
 * A watch: a cursor that walks the events of one resource, from memory while they are there and from disk where they are not.
 *
 * The cursor says: all events of the resource up to here were yielded. It moves before a yield returns to us, so nothing comes twice, and
 * only along complete pages, so nothing is left out.
 */
import { CompactedError } from './errors.ts';
import type { PastChange } from './file.ts';
import type { History } from './history.ts';
import type { StoreEvent, StoreWatchOptions } from './store.ts';
import { valueOf, withRevision } from './value.ts';

export interface WatchSource {
  /** The newest durable revision. */
  revision(): number;
  compacted(): number;
  history: History;
  eventsOnDisk(resource: string, since: number, to: number): Promise<{ past: PastChange[]; upTo: number }>;
  /** Whether the store was closed; `history` wakes all when that happens. */
  closed(): boolean;
}

export type WatchItem = StoreEvent | { type: 'progress'; revision: number };

/** Ends when the signal or the store does. @throws CompactedError when it fell behind what is kept */
export async function* watchFrom(
  source: WatchSource,
  resource: string,
  options: StoreWatchOptions,
): AsyncGenerator<WatchItem> {
  const { namespace, since, signal, progressEveryMs = Infinity } = options;
  const ended = (): boolean => source.closed() || signal?.aborted === true;
  let cursor = since;
  let lastYield = performance.now();
  while (!ended()) {
    const page = source.history.after(resource, cursor) ?? (await pageFromDisk(source, resource, cursor));
    for (const event of 'past' in page ? page.past : page) {
      if (ended()) return;
      cursor = event.revision;
      if (namespace !== undefined && event.key.namespace !== namespace) continue;
      lastYield = performance.now();
      yield event;
    }
    if ('past' in page) {
      cursor = page.upTo;
      continue;
    }
    if (page.length > 0) continue;
    cursor = Math.max(cursor, source.revision());
    const woken = await nextEvent(source.history, resource, {
      signal,
      patienceMs: lastYield + progressEveryMs - performance.now(),
    });
    if (woken) continue;
    lastYield = performance.now();
    yield { type: 'progress', revision: cursor };
  }
}

async function pageFromDisk(
  source: WatchSource,
  resource: string,
  since: number,
): Promise<{ past: StoreEvent[]; upTo: number }> {
  const { past, upTo } = await source.eventsOnDisk(resource, since, source.revision());
  // Asked after reading: a compaction meanwhile may have taken what should have been in the page.
  if (since < source.compacted()) throw new CompactedError(since, source.compacted(), source.revision());
  return { past: past.map(eventOf), upTo };
}

function eventOf({ revision, key, text, previousText }: PastChange): StoreEvent {
  const before = previousText === null ? undefined : valueOf(previousText);
  if (text !== null) {
    return { type: 'put', revision, key, value: valueOf(text), ...(before === undefined ? {} : { previous: before }) };
  }
  if (before === undefined) throw new Error(`cannot read the event of revision ${revision}: its last state is missing`);
  return { type: 'delete', revision, key, value: withRevision(before, revision), previous: before };
}

/** True when there may be an event or the watch ended, false when `patienceMs` went by without either. */
async function nextEvent(
  history: History,
  resource: string,
  { signal, patienceMs }: { signal: AbortSignal | undefined; patienceMs: number },
): Promise<boolean> {
  return new Promise(resolve => {
    const finish = (woken: boolean): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', wake);
      stopWaiting();
      resolve(woken);
    };
    const wake = (): void => finish(true);
    const timer = patienceMs === Infinity ? undefined : setTimeout(() => finish(false), Math.max(0, patienceMs));
    const stopWaiting = history.onNext(resource, wake);
    signal?.addEventListener('abort', wake);
  });
}
