/** `watch`: what changes, in order, as the asked selection sees it. */
import { expired, type KubeObject } from '@larder/kube';
import type { StoreEvent } from '../store/store.ts';
import { CompactedError } from '../store/errors.ts';
import type { Api, Target } from './api.ts';
import { list, parseResourceVersion } from './read.ts';
import { parseSelection, selects, type Selection } from './selection.ts';
import { viewOf } from './view.ts';

const defaultBookmarkEveryMs = 60_000;

export interface WatchRequest {
  labelSelector?: string;
  fieldSelector?: string;
  resourceVersion?: string;
  /** Send everything that is there first, then a bookmark that says so. */
  sendInitialEvents?: boolean;
  bookmarks?: boolean;
  signal?: AbortSignal;
  /** @default a minute */
  bookmarkEveryMs?: number;
}

export type WatchChange =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: KubeObject }
  | { type: 'BOOKMARK'; revision: number; initialEventsEnd?: boolean };

/**
 * Objects are never to be changed by the receiver; events of one state share one object. Checks the request at once.
 * @throws StatusError `Expired` when the start, or a receiver that fell behind, is older than what is kept
 */
export function watch(api: Api, target: Target, request: WatchRequest): AsyncIterable<WatchChange> {
  const selection = parseSelection(target.served, request);
  const from = parseResourceVersion(request.resourceVersion);
  const initial = request.sendInitialEvents ?? from === 0;
  const { sendInitialEvents: _, ...wanted } = request;
  const state = initial ? list(api, target, wanted) : undefined;
  const since = state?.revision ?? (from === 0 ? api.commits.store.revision : from);
  const events = follow(api, target, since, request);
  return run(target, { selection, initial: state?.items ?? [], since, events }, request);
}

function follow(
  api: Api,
  { served, namespace }: Target,
  since: number,
  request: WatchRequest,
): ReturnType<Api['commits']['store']['watch']> {
  const { signal, bookmarks, bookmarkEveryMs = defaultBookmarkEveryMs } = request;
  try {
    return api.commits.store.watch(served.storage, {
      since,
      ...(served.definition.namespaced && namespace !== '' ? { namespace } : {}),
      ...(signal ? { signal } : {}),
      ...(bookmarks ? { progressEveryMs: bookmarkEveryMs } : {}),
    });
  } catch (error) {
    throw asStatus(error);
  }
}

interface Course {
  selection: Selection;
  initial: readonly KubeObject[];
  since: number;
  events: ReturnType<Api['commits']['store']['watch']>;
}

async function* run(target: Target, course: Course, request: WatchRequest): AsyncGenerator<WatchChange> {
  for (const object of course.initial) yield { type: 'ADDED', object };
  if (request.sendInitialEvents && request.bookmarks) {
    yield { type: 'BOOKMARK', revision: course.since, initialEventsEnd: true };
  }
  const { bookmarks = false, bookmarkEveryMs = defaultBookmarkEveryMs } = request;
  let told = performance.now();
  try {
    for await (const event of course.events) {
      const change = event.type === 'progress' ? bookmarkAt(event) : changeOf(target, course.selection, event);
      // Where others write all the time the store never rests, and a receiver who selects few of them would grow too old to resume.
      const isDue = bookmarks && performance.now() - told >= bookmarkEveryMs;
      if (change === undefined && !isDue) continue;
      yield change ?? bookmarkAt(event);
      told = performance.now();
    }
  } catch (error) {
    throw asStatus(error);
  }
}

function bookmarkAt({ revision }: { revision: number }): WatchChange {
  return { type: 'BOOKMARK', revision };
}

/** What the event is for somebody who sees only what the selection selects. */
function changeOf({ served }: Target, selection: Selection, event: StoreEvent): WatchChange | undefined {
  const object = viewOf(served, event.value);
  const previous = event.previous === undefined ? undefined : viewOf(served, event.previous);
  if (event.type === 'delete') {
    return selects(selection, previous ?? object) ? { type: 'DELETED', object } : undefined;
  }
  const was = previous !== undefined && selects(selection, previous);
  if (selects(selection, object)) return { type: was ? 'MODIFIED' : 'ADDED', object };
  if (!was) return undefined;
  return { type: 'DELETED', object: atRevision(previous, object.metadata.resourceVersion) };
}

/** The last state that was selected, with the version of the change that took it out. */
function atRevision(object: KubeObject, resourceVersion: string | undefined): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}

function asStatus(error: unknown): unknown {
  if (!(error instanceof CompactedError)) return error;
  return expired(`too old resource version: ${error.since} (${error.compactedRevision})`);
}
