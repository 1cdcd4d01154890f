/** A watch over HTTP: one JSON object a line, until the client leaves, the time is over, or the client falls behind. */
import { tableOf, type KubeObject } from '@larder/kube';
import { once } from 'node:events';
import { randomInt } from 'node:crypto';
import { asStatusError } from '../errors.ts';
import type { Api, Target } from '../rest/api.ts';
import { watch, type WatchChange, type WatchRequest } from '../rest/watch.ts';
import type { Exchange } from './exchange.ts';
import { watchChannel, type WatchObserved } from './observe.ts';
import { includeObject, partial, type Presentation } from './represent.ts';

/** Without `timeoutSeconds` a watch lasts between 30 and 60 minutes, so that clients don't come back all at once. */
const shortestSeconds = 1800;
/** The longest that a timer can hold: a longer one would end at once. */
const longestSeconds = 2_147_483;
/** A client that takes nothing for so long is gone. */
const stalledMs = 30_000;

export interface WatchStreamOptions {
  presentation: Presentation;
  request: WatchRequest;
  timeoutSeconds?: number;
  /** Ends all watches: the server stops. */
  closing: AbortSignal;
}

/** Resolves when the watch is over. @throws StatusError before anything was sent */
export async function streamWatch(
  api: Api,
  target: Target,
  exchange: Exchange,
  options: WatchStreamOptions,
): Promise<void> {
  const { response } = exchange;
  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, options.closing]);
  const seconds = Math.min(options.timeoutSeconds ?? shortestSeconds + randomInt(shortestSeconds), longestSeconds);
  // A last one just before the end, so that whoever comes back comes back to where this watch was.
  const bookmarkEveryMs = Math.min(60, seconds > 2 ? seconds - 2 : 60) * 1000;
  const changes = watch(api, target, { bookmarkEveryMs, ...options.request, signal });
  const timer = setTimeout(() => ended.abort(), seconds * 1000);
  response.on('close', () => ended.abort());
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' });
  response.flushHeaders();
  const tell = teller(target);
  tell('begun');
  try {
    await writeChanges(exchange, observed(changes, tell), options.presentation, ended);
  } catch (error) {
    await write(exchange, JSON.stringify({ type: 'ERROR', object: asStatusError(error).status }), ended);
  } finally {
    tell('ended');
    clearTimeout(timer);
    response.end();
  }
}

type Tell = (kind: WatchObserved['kind']) => void;

function teller({ served, namespace, name }: Target): Tell {
  const { group, version, plural: resource } = served.definition;
  const scope = name !== '' ? 'resource' : namespace === '' ? 'cluster' : 'namespace';
  const told = { group, version, resource, scope } as const;
  return kind => {
    if (watchChannel.hasSubscribers) watchChannel.publish({ kind, ...told } satisfies WatchObserved);
  };
}

async function* observed(changes: AsyncIterable<WatchChange>, tell: Tell): AsyncIterable<WatchChange> {
  for await (const change of changes) {
    tell('sent');
    yield change;
  }
}

async function writeChanges(
  exchange: Exchange,
  changes: AsyncIterable<WatchChange>,
  presentation: Presentation,
  ended: AbortController,
): Promise<void> {
  let headers = true;
  for await (const change of changes) {
    if (ended.signal.aborted) return;
    await write(exchange, lineOf(exchange, change, presentation, headers), ended);
    headers = false;
  }
}

async function write({ response }: Exchange, line: string, ended: AbortController): Promise<void> {
  if (response.destroyed || response.write(`${line}\n`)) return;
  const stalled = setTimeout(() => response.destroy(), stalledMs);
  try {
    await once(response, 'drain', { signal: ended.signal });
  } catch {
    // The client left while we waited for it; the loop sees that.
  } finally {
    clearTimeout(stalled);
  }
}

function lineOf(exchange: Exchange, change: WatchChange, presentation: Presentation, headers: boolean): string {
  const { served, form, cache } = presentation;
  if (change.type === 'BOOKMARK') {
    const object = bookmarkObject(served.apiVersion, served.kind, change);
    return eventLine('BOOKMARK', JSON.stringify(transform(exchange, object, presentation, headers)));
  }
  if (form.as === 'object') return eventLine(change.type, cache.whole.textOf(change.object));
  return eventLine(change.type, JSON.stringify(transform(exchange, change.object, presentation, headers)));
}

function eventLine(type: string, object: string): string {
  return `{"type":"${type}","object":${object}}`;
}

function transform(exchange: Exchange, object: KubeObject, presentation: Presentation, headers: boolean): unknown {
  const { served, form } = presentation;
  switch (form.as) {
    case 'object':
      return object;
    case 'table': {
      const metadata = { resourceVersion: object.metadata.resourceVersion ?? '' };
      return tableOf(served.definition, [object], new Date(), {
        metadata,
        headers,
        includeObject: includeObject(exchange),
      });
    }
    case 'metadata':
    case 'metadataList':
      return partial(object);
  }
}

function bookmarkObject(
  apiVersion: string,
  kind: string,
  change: Extract<WatchChange, { type: 'BOOKMARK' }>,
): KubeObject {
  const annotations = change.initialEventsEnd ? { 'k8s.io/initial-events-end': 'true' } : undefined;
  const metadata = { resourceVersion: String(change.revision), ...(annotations ? { annotations } : {}) };
  return { apiVersion, kind, metadata: metadata as unknown as KubeObject['metadata'] };
}
