/**
 * A process that is made to be killed: writes to the store named by its first argument for ever, and says what it was told.
 *
 * One line of JSON for each thing: `opened`, then `told` (a commit that was answered) and `seen` (an event that a watch showed). Each commit writes
 * a pair of objects with one content, so that half of it would show.
 */
import { writeSync } from 'node:fs';
import { type Change, openStore, type Store, StoreConflictError } from '../../src/store/index.ts';
import { chanceOf, type Chance, keyOf, objectOf } from './fixtures.ts';
import { seenOf, toldOf } from './record-history.ts';
import type { Write } from './check-history.ts';

export type Line = { opened: number } | { told: Write[] } | { seen: Write };

const [folder = '', life = '', seed = '0', writers = '4'] = process.argv.slice(2);
const chance = chanceOf(Number(seed));
// Little is kept and copies are made all the time, so that many die in the middle of that.
const store = await openStore({ folder, keepEvents: 300, copyEveryMs: 20 });
say({ opened: store.revision });
await Promise.all([
  watchForEver(store),
  ...Array.from({ length: Number(writers) }, (_, at) => writeForEver(store, chance, `life ${life}, writer ${at}`)),
]);

async function writeForEver(store: Store, chance: Chance, who: string): Promise<void> {
  for (let count = 0; ; count++) {
    const pair = chance(8);
    const keys = ['left', 'right'].map(side => keyOf(`pair${pair}`, side));
    const goes = chance(5) === 0;
    const content = `${who}, ${count} ${'x'.repeat(chance(3) === 0 ? chance(20_000) : 0)}`;
    const changes = keys.map<Change>(key =>
      goes ? { do: 'delete', key } : { do: 'put', key, value: objectOf(key, content) },
    );
    try {
      const stored = await store.commit(changes);
      say({ told: stored.map((one, at) => toldOf(changes[at] as Change, one.revision)) });
    } catch (error) {
      if (!(error instanceof StoreConflictError)) throw error; // nothing there to delete
    }
  }
}

async function watchForEver(store: Store): Promise<void> {
  for await (const item of store.watch('configmaps', { since: store.revision })) {
    if (item.type !== 'progress') say({ seen: seenOf(item) });
  }
}

/** At once, so that what was said before the kill is what the parent reads; waits for a parent that is slow to read. */
function say(line: Line): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
