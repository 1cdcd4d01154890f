/**
 * Events of `v1`, as `kubectl describe` shows them: the same thing said again raises a count. Never throws, never blocks, and
 * never floods: who says too much about one object isn't heard for a while, as with Kubernetes' own recorder.
 */
import { createHash } from 'node:crypto';
import { isAlreadyExists, isNotFound, type Client, type KubeObject, type ObjectRef } from '@larder/kube';
import { kubeTime } from './conditions.ts';

export interface EventContent {
  type: 'Normal' | 'Warning';
  /** CamelCase, stable: `BindCompositeResource`. */
  reason: string;
  /** What has changed, and to what. No secrets. */
  message: string;
}

export type EventSubject = KubeObject | (ObjectRef & { uid?: string });

export interface EventRecorder {
  /** A lost event is not a failed reconcile: nothing is thrown, nothing is waited for. */
  record(about: EventSubject, event: EventContent): void;
}

export const noEvents: EventRecorder = { record() {} };

export interface EventRecorderOptions {
  client: Client;
  /** Who speaks: `larder-composer`. */
  component: string;
  now?: () => Date;
  /** Events about one object before it is rationed. @default 25, then one in five minutes, as Kubernetes */
  burst?: number;
}

/** A recorder that writes in the background. `flush` resolves when what was recorded until then is written or given up. */
export function startEventRecorder(options: EventRecorderOptions): EventRecorder & { flush(): Promise<void> } {
  const now = options.now ?? (() => new Date());
  const ration = new Ration(options.burst ?? 25);
  let waiting = 0;
  let tail: Promise<void> = Promise.resolve();
  return {
    record(about, event) {
      const subject = involved(about);
      const time = now();
      if (waiting >= MOST_WAITING || !ration.allows(JSON.stringify(subject), time.getTime())) return;
      waiting++;
      tail = tail.then(async () => {
        try {
          await write(options, subject, event, kubeTime(time));
        } catch {
          // An event that can't be written is lost on purpose: see EventRecorder.record.
        } finally {
          waiting--;
        }
      });
    },
    flush: () => tail,
  };
}

const MOST_WAITING = 1_000;
const REFILL_MS = 5 * 60_000;
const MOST_SUBJECTS = 4_096;
/** Kubernetes' own limit for a message. */
const LONGEST_MESSAGE = 1_024;

interface InvolvedObject {
  apiVersion: string;
  kind: string;
  name: string;
  namespace?: string;
  uid?: string;
}

function involved(about: EventSubject): InvolvedObject {
  const { apiVersion, kind } = about;
  const { name, namespace, uid } = 'metadata' in about ? about.metadata : about;
  return { apiVersion, kind, name, ...(namespace && { namespace }), ...(uid && { uid }) };
}

/**
 * The name is made from the content, so that a recorder that starts anew counts on where the last one stopped.
 */
async function write(
  { client, component }: EventRecorderOptions,
  subject: InvolvedObject,
  event: EventContent,
  time: string,
): Promise<void> {
  const message = event.message.slice(0, LONGEST_MESSAGE);
  const { type, reason } = event;
  const hash = createHash('sha256')
    .update(JSON.stringify([component, subject, type, reason, message]))
    .digest('hex');
  const name = `${subject.name.slice(0, 230).replace(/[^a-z0-9]+$/, '')}.${hash.slice(0, 16)}`;
  const ref: ObjectRef = { apiVersion: 'v1', kind: 'Event', namespace: subject.namespace ?? 'default', name };
  const told = await client.find(ref);
  if (told !== undefined) {
    const count = (typeof told.count === 'number' ? told.count : 1) + 1;
    try {
      await client.patch(ref, { type: 'merge', body: { count, lastTimestamp: time } });
      return;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: ref.namespace },
    involvedObject: subject,
    reason,
    message,
    type,
    source: { component },
    reportingComponent: component,
    reportingInstance: '',
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
  await client.create(object).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
}

/** A bucket of tokens for each subject: full at first, one more every five minutes. */
class Ration {
  readonly #burst: number;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(burst: number) {
    this.#burst = burst;
  }

  allows(subject: string, nowMs: number): boolean {
    const old = this.#buckets.get(subject) ?? { tokens: this.#burst, at: nowMs };
    const tokens = Math.min(this.#burst, old.tokens + Math.max(0, nowMs - old.at) / REFILL_MS);
    this.#buckets.delete(subject);
    this.#buckets.set(subject, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: nowMs });
    const oldest = this.#buckets.keys().next();
    if (this.#buckets.size > MOST_SUBJECTS && !oldest.done) this.#buckets.delete(oldest.value);
    return tokens >= 1;
  }
}
