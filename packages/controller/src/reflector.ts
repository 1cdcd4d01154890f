/**
 * Keeps somebody informed about all objects of a kind: lists, then watches from there, for as long as the signal allows.
 * A lost connection is taken up where it broke; a start that is too old (410), or any other refusal, means a new list.
 */
import { isExpired, StatusError, type Client, type KindRef, type KubeObject } from '@larder/kube';
import { backoffMs, pause, reconnectBackoff } from './backoff.ts';

export interface Selection {
  kind: KindRef;
  /** @default all namespaces */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

export interface ReflectOptions extends Selection {
  client: Client;
  signal: AbortSignal;
  /** Everything that is there. After the first time: what isn't in it is gone. Objects are shared: don't change them. */
  onList(objects: KubeObject[]): void;
  onChange(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject): void;
  /** A list or watch failed and is tried again. */
  onTrouble?(error: unknown): void;
}

const PAGE = 500;
/** A watch that a server ends sooner than this, and without an event, counts as a failure: no busy loop. */
const SHORT_MS = 1_000;

/** Resolves when the signal aborts; never throws. */
export async function reflect(options: ReflectOptions): Promise<void> {
  const { signal } = options;
  const place: Place = { version: undefined, failures: 0, events: 0 };
  while (!signal.aborted) {
    await follow(options, place);
    if (place.failures > 0) await pause(backoffMs(reconnectBackoff, place.failures), signal);
  }
}

/** How far a reflector has come. */
interface Place {
  /** Where the next watch starts; absent: list first. */
  version: string | undefined;
  /** In a row. */
  failures: number;
  /** Seen by the current watch. */
  events: number;
}

/** One list, if needed, and one watch until it ends. */
async function follow(options: ReflectOptions, place: Place): Promise<void> {
  const start = performance.now();
  place.events = 0;
  try {
    place.version ??= await listAll(options);
    await watchFrom(options, place);
    const short = place.events === 0 && performance.now() - start < SHORT_MS;
    place.failures = short ? place.failures + 1 : 0;
  } catch (error) {
    if (options.signal.aborted) return;
    place.failures = place.events > 0 ? 1 : place.failures + 1;
    if (error instanceof StatusError) place.version = undefined;
    if (!isExpired(error)) options.onTrouble?.(error);
  }
}

async function listAll(options: ReflectOptions): Promise<string> {
  const { client, kind, namespace, labelSelector, fieldSelector } = options;
  const objects: KubeObject[] = [];
  const where = { namespace, labelSelector, fieldSelector, limit: PAGE, shared: true };
  let page = await client.list(kind, where);
  objects.push(...page.items);
  while (page.metadata.continue) {
    page = await client.list(kind, { ...where, continue: page.metadata.continue });
    objects.push(...page.items);
  }
  options.onList(objects);
  return page.metadata.resourceVersion;
}

async function watchFrom(options: ReflectOptions, place: Place): Promise<void> {
  const { client, kind, namespace, labelSelector, fieldSelector, signal } = options;
  const where = { namespace, labelSelector, fieldSelector, signal, shared: true };
  const from = { ...where, resourceVersion: place.version, allowWatchBookmarks: true };
  for await (const event of client.watch(kind, from)) {
    if (signal.aborted) return;
    if (event.type !== 'BOOKMARK') options.onChange(event.type, event.object);
    place.version = event.object.metadata.resourceVersion ?? place.version;
    place.events++;
  }
}
