/**
 * kill -9 at random moments: the store is written by a process of its own, again and again in one folder, and each time it dies
 * everything that it was told must be there, nothing half, and no revision that anybody saw may come again with something else.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { openStore, type Store } from '../../src/store/index.ts';
import { checkHistory, stateAt, type Write } from './check-history.ts';
import { chanceOf, contentOf, seedOf, temporaryFolder } from './fixtures.ts';
import { seenOf } from './record-history.ts';
import type { Line } from './write-until-killed.ts';

const rounds = process.env['LARDER_FULL'] === '1' ? 200 : 10;
const program = new URL('write-until-killed.ts', import.meta.url).pathname;

describe('a store whose process is killed', () => {
  const seed = seedOf();
  it(`has all that was answered, ${rounds} times (LARDER_SEED=${seed})`, { timeout: rounds * 30_000 }, async test => {
    const folder = await temporaryFolder(test);
    const chance = chanceOf(seed);
    /** All that anybody was told or shown, by revision. */
    const known = new Map<number, Write>();
    let told = 0;
    for (let round = 0; round < rounds; round++) {
      const lines = await writeUntilKilled(
        [folder, String(round), String(chance(1e9))],
        chance(round === 0 ? 2_000 : 400),
      );
      for (const line of lines) {
        const shown = 'told' in line ? line.told : 'seen' in line ? [line.seen] : [];
        for (const write of shown) note(known, write);
        told += 'told' in line ? shown.length : 0;
      }
      const store = await openStore({ folder, keepEvents: 1e9 });
      try {
        await judge(store, known, `round ${round}`);
      } finally {
        await store.close();
      }
    }
    test.diagnostic(`${told} changes were answered, ${known.size} are known`);
    assert.ok(told > rounds);
  });
});

/** Runs the program until it said so many lines, kills it, and gives back all that it said. */
async function writeUntilKilled(args: string[], after: number): Promise<Line[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => (complaint += text.toString()));
  const lines: Line[] = [];
  for await (const text of createInterface(child.stdout)) {
    if (lines.length >= after) child.kill('SIGKILL');
    // The last one may be cut off by the kill.
    if (text.endsWith('}')) lines.push(JSON.parse(text) as Line);
  }
  const [, signal] = (await exited) as [number | null, string | null];
  assert.equal(signal, 'SIGKILL', complaint);
  return lines;
}

/** Notes what was told or shown; the same revision must always say the same. */
function note(known: Map<number, Write>, write: Write): void {
  const { type, revision, key, content } = write;
  const before = known.get(revision);
  if (before !== undefined)
    assert.deepEqual({ type, revision, key, content }, before, `revision ${revision} was used again`);
  known.set(revision, { type, revision, key, content });
}

async function judge(store: Store, known: Map<number, Write>, when: string): Promise<void> {
  const newest = Math.max(0, ...known.keys());
  assert.ok(store.revision >= newest, `${when}: ${newest} was answered, the store ends at ${store.revision}`);
  const kept = await eventsOf(store);
  for (const write of known.values()) {
    if (write.revision <= store.compactedRevision) continue;
    assert.ok(kept.has(write.revision), `${when}: revision ${write.revision} is missing`);
  }
  for (const write of kept.values()) note(known, write);
  const writes = [...known.values()].sort((one, other) => one.revision - other.revision);
  assert.deepEqual(checkHistory({ writes, watchers: [] }), []);
  const state = new Map(store.list('configmaps').items.map(({ key, value }) => [spell(key), contentOf(value)]));
  assert.deepEqual(
    state,
    stateAt(writes, Infinity, () => true),
    when,
  );
  for (const [key, content] of state) {
    const other = key.includes('/left/') ? key.replace('/left/', '/right/') : key.replace('/right/', '/left/');
    assert.equal(state.get(other), content, `${when}: "${key}" and "${other}" were written together`);
  }
}

async function eventsOf(store: Store): Promise<Map<number, Write>> {
  const events = new Map<number, Write>();
  if (store.revision === store.compactedRevision) return events;
  for await (const item of store.watch('configmaps', { since: store.compactedRevision })) {
    if (item.type === 'progress') continue;
    events.set(item.revision, seenOf(item));
    if (item.revision === store.revision) break;
  }
  return events;
}

function spell(key: { resource: string; namespace: string; name: string }): string {
  return `${key.resource}/${key.namespace}/${key.name}`;
}
