/** Writers and watchers over HTTPS that note down all they were told, for the judge in ../store/check-history.ts. */
import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Seen, Watched, Write } from '../store/check-history.ts';
import type { Chance } from '../store/fixtures.ts';
import type { Lives } from './lives.ts';

export interface HttpRecording {
  /** Writes that were answered. */
  told: (Write & { uid: string })[];
  watchers: Watched[];
  /** What no judge of histories knows of. */
  complaints: string[];
  /** How often a connection broke, and a watcher was sent back to list. */
  broken: number;
  tooLate: number;
  bookmarks: number;
}

export function record(): HttpRecording {
  return { told: [], watchers: [], complaints: [], broken: 0, tooLate: 0, bookmarks: 0 };
}

/** What a watcher asks for, and which keys that are. */
export interface Scope {
  resource: 'configmaps' | 'secrets';
  namespace?: string;
  query?: string;
  covers: (key: string) => boolean;
}

interface Thing {
  kind: string;
  metadata: { name: string; namespace: string; uid: string; resourceVersion: string; annotations?: { note?: string } };
}

interface Collection {
  metadata: { resourceVersion: string; continue?: string };
  items: Thing[];
}

export const namespaces = ['one', 'two'];

const kinds = { configmaps: 'ConfigMap', secrets: 'Secret' };

/** Creates, replaces, patches and deletes until `stop`; an answer that doesn't come leaves open whether it happened. */
export async function runWriter(
  lives: Lives,
  options: { who: string; chance: Chance; recording: HttpRecording; stop: AbortSignal },
): Promise<void> {
  const { who, chance, recording, stop } = options;
  for (let count = 0; !stop.aborted; count++) {
    try {
      await writeOnce(lives, chance, recording, `${who}, ${count}`);
    } catch (error) {
      await broken(error, recording);
    }
  }
}

async function writeOnce(lives: Lives, chance: Chance, recording: HttpRecording, note: string): Promise<void> {
  const resource = (['configmaps', 'secrets'] as const)[chance(2)] ?? 'configmaps';
  const namespace = namespaces[chance(namespaces.length)] ?? '';
  const number = chance(6);
  const name = `n${number}`;
  const collection = `/api/v1/namespaces/${namespace}/${resource}`;
  const metadata = { name, namespace, labels: { side: number % 2 === 0 ? 'even' : 'odd' }, annotations: { note } };
  const body = { apiVersion: 'v1', kind: kinds[resource], metadata };
  const path = `${collection}/${name}`;
  const done = await [
    () => lives.ask<Thing>({ method: 'POST', path: collection, body }),
    () => lives.ask<Thing>({ method: 'PUT', path, body }),
    () =>
      lives.ask<Thing>({
        ...{ method: 'PATCH', path, type: 'application/merge-patch+json' },
        body: { metadata: { annotations: { note } } },
      }),
    () => lives.ask<Thing>({ method: 'DELETE', path }),
  ][chance(4)]?.();
  if (done === undefined || done.code === 404 || done.code === 409) return;
  const key = `${resource}/${namespace}/${name}`;
  if (done.code > 201) recording.complaints.push(`a write was answered ${done.code} ${JSON.stringify(done.body)}`);
  else if (done.body.kind === 'Status') {
    // A deletion's answer has no revision, only whom it hit.
    const { uid } = (done.body as unknown as { details: { uid: string } }).details;
    recording.told.push({ type: 'delete', revision: 0, key, uid });
  } else {
    const { uid, resourceVersion } = done.body.metadata;
    recording.told.push({ type: 'put', revision: Number(resourceVersion), key, content: note, uid });
  }
}

/** Lists, then watches until it has seen all up to `last`; comes back to where it was whenever its connection ends. */
export async function runWatcher(
  lives: Lives,
  options: { who: string; scope: Scope; chance: Chance; recording: HttpRecording; last: () => number | undefined },
): Promise<void> {
  const { who, scope, chance, recording, last } = options;
  let watched: Watched | undefined;
  for (;;) {
    try {
      watched ??= await list(lives, who, scope, recording);
      const bookmarks = chance(2) === 0;
      const reached = watched.seen.at(-1)?.revision ?? watched.start.revision;
      const end = last();
      if (end !== undefined && reached >= end) return;
      const response = await open(lives, scope, reached, { bookmarks, seconds: 3 + chance(3) });
      const is = await readWatch(response, { watched, recording, patience: 1 + chance(60), slow: chance(4) === 0 });
      if (is === 'tooLate') watched = undefined;
    } catch (error) {
      await broken(error, recording);
    }
  }
}

/** A connection that breaks is what happens here; anything else is a fault. */
async function broken(error: unknown, recording: HttpRecording): Promise<void> {
  const { code, message } = error as NodeJS.ErrnoException;
  const expected = ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(code ?? '');
  if (!expected && !/socket|aborted/.test(message)) throw error;
  recording.broken++;
  await pause(5);
}

async function list(lives: Lives, who: string, scope: Scope, recording: HttpRecording): Promise<Watched> {
  const state = new Map<string, string>();
  let revision: number;
  let next = '';
  do {
    const path = `${pathOf(scope)}?limit=3&continue=${next}&${scope.query ?? ''}`;
    const { code, body } = await lives.ask<Collection>({ method: 'GET', path });
    if (code === 410) return list(lives, who, scope, recording);
    for (const item of body.items) state.set(spell(scope, item), noteOf(item));
    revision = Number(body.metadata.resourceVersion);
    next = body.metadata.continue ?? '';
  } while (next !== '');
  const watched = { who, covers: scope.covers, start: { revision, state }, seen: [] };
  recording.watchers.push(watched);
  return watched;
}

function open(
  lives: Lives,
  scope: Scope,
  since: number,
  { bookmarks, seconds }: { bookmarks: boolean; seconds: number },
): Promise<IncomingMessage> {
  const query = `watch=1&resourceVersion=${since}&timeoutSeconds=${seconds}&allowWatchBookmarks=${bookmarks}`;
  return lives.open({ method: 'GET', path: `${pathOf(scope)}?${query}&${scope.query ?? ''}` });
}

interface Line {
  type: string;
  object: Thing & { code?: number };
}

async function readWatch(
  response: IncomingMessage,
  options: { watched: Watched; recording: HttpRecording; patience: number; slow: boolean },
): Promise<'ended' | 'tooLate'> {
  const { watched, recording, patience, slow } = options;
  if (response.statusCode === 410) {
    response.resume();
    recording.tooLate++;
    return 'tooLate';
  }
  let text = '';
  let count = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    text += chunk.toString();
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      const event = JSON.parse(line) as Line;
      if (event.object.code === 410) {
        recording.tooLate++;
        return 'tooLate';
      }
      note(watched, recording, event);
    }
    if ((count += lines.length) >= patience) return 'ended';
    if (slow) await pause(20);
  }
  return 'ended';
}

function note(watched: Watched, recording: HttpRecording, { type, object }: Line): void {
  const revision = Number(object.metadata.resourceVersion);
  if (type === 'BOOKMARK') {
    recording.bookmarks++;
    watched.seen.push({ type: 'progress', revision });
    return;
  }
  const key = spell({ resource: object.kind === 'Secret' ? 'secrets' : 'configmaps' }, object);
  const seen: Seen =
    type === 'DELETED'
      ? { type: 'delete', revision, key }
      : { type: 'put', revision, key, content: noteOf(object), ...(type === 'ADDED' ? { before: '' } : {}) };
  if (!['ADDED', 'MODIFIED', 'DELETED'].includes(type)) recording.complaints.push(`${watched.who} was sent ${type}`);
  if (type !== 'ADDED' && !isThere(watched, key)) {
    recording.complaints.push(`${watched.who} was told ${type} of "${key}" at ${revision}, which wasn't there`);
  }
  watched.seen.push(seen);
}

function isThere({ seen, start }: Watched, key: string): boolean {
  const last = seen.findLast(each => each.type !== 'progress' && each.key === key);
  return last === undefined ? start.state.has(key) : last.type === 'put';
}

function pathOf({ resource, namespace }: Scope): string {
  return namespace === undefined ? `/api/v1/${resource}` : `/api/v1/namespaces/${namespace}/${resource}`;
}

function spell({ resource }: Pick<Scope, 'resource'>, { metadata }: Thing): string {
  return `${resource}/${metadata.namespace}/${metadata.name}`;
}

export function noteOf({ metadata }: { metadata: { annotations?: Record<string, string> } }): string {
  return metadata.annotations?.note ?? '';
}
