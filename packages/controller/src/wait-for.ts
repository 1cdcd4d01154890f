/** Waits until an object is as somebody wants it, by watching it. */
import { StatusError, type Client, type KubeObject, type ObjectRef } from '@larder/kube';
import { backoffMs, pause, reconnectBackoff } from './backoff.ts';

export interface WaitOptions<T extends KubeObject> {
  timeoutMs: number;
  signal?: AbortSignal;
  /** Each state that is seen, `undefined` while there is none: for progress. */
  onChange?(object: T | undefined): void;
}

/** The time was over; `last` is the object as it was then. */
export class WaitTimeoutError<T extends KubeObject = KubeObject> extends Error {
  readonly last: T | undefined;

  constructor(ref: ObjectRef, timeoutMs: number, last: T | undefined) {
    const where = ref.namespace === undefined ? ref.name : `${ref.namespace}/${ref.name}`;
    super(`cannot wait any longer for ${ref.kind} "${where}": ${timeoutMs / 1000} s are over`);
    this.last = last;
  }
}

/**
 * The object, as soon as `predicate` holds (`undefined` when it holds for an object that is gone). Connections that break are
 * taken up again. @throws WaitTimeoutError, the signal's reason, or a StatusError that asking again can't mend
 */
export async function waitFor<T extends KubeObject = KubeObject>(
  client: Client,
  ref: ObjectRef,
  predicate: (object: T | undefined) => boolean,
  options: WaitOptions<T>,
): Promise<T | undefined> {
  const over = new AbortController();
  // Not AbortSignal.timeout: its timer doesn't keep a process alive that only waits.
  const timer = setTimeout(() => over.abort(), options.timeoutMs);
  const signal = options.signal === undefined ? over.signal : AbortSignal.any([over.signal, options.signal]);
  const seen: Seen<T> = { object: undefined };
  const looks = (object: T | undefined): boolean => {
    seen.object = object;
    options.onChange?.(object);
    return predicate(object);
  };
  const holdsNow = (): Promise<boolean> =>
    holds(client, ref, looks, signal).catch((error: unknown) => {
      if (!signal.aborted && error instanceof StatusError && isFinal(error.code)) throw error;
      return false;
    });
  try {
    for (let failures = 1; !signal.aborted; failures++) {
      if (await holdsNow()) return seen.object;
      await pause(backoffMs(reconnectBackoff, failures), signal);
    }
  } finally {
    clearTimeout(timer);
  }
  options.signal?.throwIfAborted();
  throw new WaitTimeoutError(ref, options.timeoutMs, seen.object);
}

/** Not too old a version, too much or the server's own trouble. */
function isFinal(code: number): boolean {
  return code !== 410 && code < 429;
}

interface Seen<T> {
  object: T | undefined;
}

/** True when the predicate held; false when the watch ended before. */
async function holds<T extends KubeObject>(
  client: Client,
  ref: ObjectRef,
  looks: (object: T | undefined) => boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const where = { namespace: ref.namespace, fieldSelector: `metadata.name=${ref.name}` };
  const list = await client.list<T>(ref, where);
  if (looks(list.items[0])) return true;
  const from = { ...where, resourceVersion: list.metadata.resourceVersion, allowWatchBookmarks: true, signal };
  for await (const event of client.watch<T>(ref, from)) {
    if (event.type === 'BOOKMARK') continue;
    if (looks(event.type === 'DELETED' ? undefined : event.object)) return true;
  }
  return false;
}
