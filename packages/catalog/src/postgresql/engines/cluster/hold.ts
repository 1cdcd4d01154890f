/**
 * What would restart a server waits until its owner says so. What an instance was made of is noted on it, so that a new release of the
 * catalog, which may size or place servers otherwise, is told from a change that the owner made: only the latter may restart one.
 */
import { fieldAt, isRecord, textOf } from '../../fields.ts';
import type { Parameters } from '../../parameters.ts';
import { pendingSetting, whenOf } from '../pending.ts';
import type { PendingChange } from '../postgres-server.ts';

/** All that a server must restart for, but its version. */
export interface Restarting {
  /** Settings of `postgresql.conf` that take a restart. */
  settings: Record<string, string>;
  libraries: string[];
  /** Memory and processors, as quantities: `limits.memory`. */
  resources: Record<string, string>;
}

/** The note on the composed object. */
export interface Applied extends Restarting {
  /** What the owner had written when this was made, as canonical JSON. */
  wish: string;
}

export interface Held {
  applied: Applied;
  pending: PendingChange[];
}

/** What follows from the claim alone, for telling an owner's change from the catalog's. */
export function wishOf({ limits, requests, storageBytes, settings }: Parameters): string {
  const sorted = Object.entries(settings).sort(([left], [right]) => (left < right ? -1 : 1));
  const sizes = [limits, requests].map(({ memoryBytes = 0, milliCpu = 0 }) => [memoryBytes, milliCpu]);
  return JSON.stringify([sizes, storageBytes, sorted]);
}

/** What to run with now, and what waits. `running` is what runs, absent before there is data. */
export function hold(wanted: Restarting, wanting: Parameters, running: Applied | undefined): Held {
  const wish = wishOf(wanting);
  const news = { applied: { ...wanted, wish }, pending: [] };
  if (!running) return news;
  const changes = differences(running, wanted);
  if (changes.length === 0) return news;
  // Without a note nobody knows who changed what: nothing restarts for it.
  const isOwners = running.wish !== '' && running.wish !== wish;
  if (isOwners && wanting.apply === 'Immediate') return news;
  const { settings, libraries, resources } = running;
  return {
    applied: { settings, libraries, resources, wish: isOwners ? running.wish : wish },
    pending: changes.map(change => pendingChange(change, wanting, isOwners)),
  };
}

interface Difference {
  part: 'settings' | 'libraries' | 'resources';
  name: string;
  from: string;
  to: string;
}

function differences(from: Restarting, to: Restarting): Difference[] {
  const ofPart = (part: 'settings' | 'resources'): Difference[] =>
    [...new Set([...Object.keys(from[part]), ...Object.keys(to[part])])].sort().flatMap(name => {
      const [before = '', after = ''] = [from[part][name], to[part][name]];
      return before === after ? [] : [{ part, name, from: before, to: after }];
    });
  const [before, after] = [from.libraries.join(','), to.libraries.join(',')];
  const libraries: Difference[] =
    before === after ? [] : [{ part: 'libraries', name: 'shared_preload_libraries', from: before, to: after }];
  return [...ofPart('resources'), ...libraries, ...ofPart('settings')];
}

function pendingChange({ part, name, from, to }: Difference, wanting: Parameters, isOwners: boolean): PendingChange {
  const { field, follows } =
    part === 'resources' ? { field: `spec.parameters.resources.${name}`, follows: '' } : pendingSetting(name, wanting);
  const why = isOwners
    ? 'It takes a restart of the server'
    : 'A newer release of the catalog would have it so, and it takes a restart of the server';
  return {
    field,
    from: from || 'the default',
    to: to || 'the default',
    needs: 'Restart',
    why: follows === '' ? `${why}.` : `${why}; ${follows}.`,
    when: isOwners ? whenOf(wanting.apply) : 'together with the next change to settings or resources that is applied',
  };
}

/** Reads the note. Nothing where it isn't there or can't be understood: fields of a newer release are passed over. */
export function readApplied(note: string | undefined): Applied | undefined {
  let given: unknown;
  try {
    given = JSON.parse(note ?? '');
  } catch {
    return undefined;
  }
  if (!isRecord(given) || !isRecord(given.settings) || !isRecord(given.resources)) return undefined;
  const { libraries } = given;
  return {
    settings: textsOf(given.settings),
    libraries: Array.isArray(libraries) ? libraries.map(name => textOf(name)) : [],
    resources: textsOf(given.resources),
    wish: textOf(fieldAt(given, 'wish')),
  };
}

function textsOf(entries: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [name, textOf(value)]));
}

/** Writes the note, the same for the same content. */
export function writeApplied({ settings, libraries, resources, wish }: Applied): string {
  const sorted = (entries: Record<string, string>): Record<string, string> =>
    Object.fromEntries(Object.entries(entries).sort(([left], [right]) => (left < right ? -1 : 1)));
  return JSON.stringify({ settings: sorted(settings), libraries, resources: sorted(resources), wish });
}
