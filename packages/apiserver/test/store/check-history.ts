/**
 * The judge of recorded histories: given what writers were told and what watchers saw, says which promises were broken. Pure.
 *
 * It knows nothing of how the recording was made, so that histories of the store, of HTTP watches and of killed processes have one judge.
 */

export interface Write {
  revision: number;
  type: 'put' | 'delete';
  /** `resource/namespace/name`, or whatever tells objects apart. */
  key: string;
  /** What a `put` wrote; no two writes share one. A `delete` has none. */
  content?: string;
}

export type Seen = (Write & { before?: string }) | { type: 'progress'; revision: number };

export interface Watched {
  /** Names the watcher in what is found. */
  who: string;
  /** Whether this watcher should see a key. */
  covers: (key: string) => boolean;
  /** The list it started with. */
  start: { revision: number; state: ReadonlyMap<string, string> };
  /** What it saw, in order, over as many connections as it liked. `before`: the state it was told to be replaced; empty for none. */
  seen: Seen[];
}

export interface RecordedHistory {
  /** Every write that happened: acknowledged ones, and those found afterwards. */
  writes: Write[];
  watchers: Watched[];
}

/** Broken promises, one sentence each; empty when all were kept. */
export function checkHistory({ writes, watchers }: RecordedHistory): string[] {
  const ordered = [...writes].sort((one, other) => one.revision - other.revision);
  const reused = ordered.filter((write, at) => write.revision === ordered[at - 1]?.revision);
  return [
    ...reused.map(write => `revision ${write.revision} was given twice`),
    ...watchers.flatMap(watcher => checkWatcher(ordered, watcher).map(broken => `${watcher.who}: ${broken}`)),
  ];
}

/** What all objects are after the writes up to a revision. */
export function stateAt(ordered: Write[], revision: number, covers: (key: string) => boolean): Map<string, string> {
  const state = new Map<string, string>();
  for (const write of ordered) {
    if (write.revision > revision) break;
    if (!covers(write.key)) continue;
    if (write.type === 'put') state.set(write.key, write.content ?? '');
    else state.delete(write.key);
  }
  return state;
}

function checkWatcher(ordered: Write[], watcher: Watched): string[] {
  const { start, seen, covers } = watcher;
  const broken = differences('its list', start.state, stateAt(ordered, start.revision, covers));
  const due = ordered.filter(write => covers(write.key) && write.revision > start.revision);
  const state = new Map(start.state);
  let reached = start.revision;
  let next = 0;
  for (const item of seen) {
    if (item.type === 'progress') {
      broken.push(...checkProgress(item.revision, reached, due[next]));
      reached = Math.max(reached, item.revision);
      continue;
    }
    if (item.revision <= reached) broken.push(`revision ${item.revision} came after ${reached}`);
    const expected = due[next];
    if (expected === undefined || expected.revision !== item.revision) {
      broken.push(`revision ${item.revision} came where ${expected?.revision ?? 'nothing'} was due`);
      next = due.filter(write => write.revision <= item.revision).length;
    } else {
      if (spell(expected) !== spell(item)) broken.push(`saw ${spell(item)}, written was ${spell(expected)}`);
      next++;
    }
    broken.push(...checkBefore(item, state.get(item.key) ?? ''));
    if (item.type === 'put') state.set(item.key, item.content ?? '');
    else state.delete(item.key);
    reached = Math.max(reached, item.revision);
  }
  return [...broken, ...differences('list and watch together', state, stateAt(ordered, reached, covers))];
}

function checkProgress(revision: number, reached: number, due: Write | undefined): string[] {
  const broken = revision < reached ? [`progress went back from ${reached} to ${revision}`] : [];
  if (due === undefined || due.revision > revision) return broken;
  return [...broken, `progress ${revision} came before revision ${due.revision}`];
}

function checkBefore({ revision, before }: Write & { before?: string }, was: string): string[] {
  if (before === undefined || before === was) return [];
  return [`revision ${revision} says "${before}" was before, it was "${was}"`];
}

function differences(
  what: string,
  found: ReadonlyMap<string, string>,
  expected: ReadonlyMap<string, string>,
): string[] {
  const keys = [...new Set([...found.keys(), ...expected.keys()])].sort();
  return keys
    .filter(key => found.get(key) !== expected.get(key))
    .map(key => `${what} has "${key}" as ${found.get(key) ?? 'absent'}, it was ${expected.get(key) ?? 'absent'}`);
}

function spell(write: Write): string {
  return `${write.type} ${write.key} ${write.content ?? ''} at ${write.revision}`;
}
