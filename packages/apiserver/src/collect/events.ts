/** Forgets Events that are older than an hour. */
import type { KubeObject } from '@larder/kube';
import type { Api } from '../rest/api.ts';
import { StoreConflictError } from '../store/errors.ts';

const keepMs = 60 * 60_000;
const everyMs = 60_000;

interface Event extends KubeObject {
  lastTimestamp?: string | null;
  eventTime?: string | null;
  series?: { lastObservedTime?: string };
}

/** Looks once a minute; returns the function that ends it. */
export function forgetOldEvents(api: Api, failed?: (error: unknown) => void): () => void {
  const timer = setInterval(() => void forgetOnce(api).catch((error: unknown) => failed?.(error)), everyMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Removes what is too old now. */
export async function forgetOnce(api: Api): Promise<void> {
  const oldest = api.now().getTime() - keepMs;
  const old = api.commits.store.list('events').items.filter(({ value }) => lastSeen(value) < oldest);
  for (const { key, revision } of old) {
    try {
      await api.commits.delete(key, revision);
    } catch (error) {
      // It happened again meanwhile: then it isn't old.
      if (!(error instanceof StoreConflictError)) throw error;
    }
  }
}

function lastSeen(event: Event): number {
  const { series, lastTimestamp, eventTime, metadata } = event;
  const times = [series?.lastObservedTime, lastTimestamp, eventTime, metadata.creationTimestamp];
  return Math.max(...times.map(time => Date.parse(time ?? '')).filter(time => !Number.isNaN(time)));
}
