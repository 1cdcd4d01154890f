/**
 * One of several replicas works, the others wait: a Lease of `coordination.k8s.io`, by the rules of Kubernetes' own clients. Clocks of
 * other machines are not believed: a holder is gone when its Lease has not changed for its duration by our own clock.
 */
import { pause, type Logger } from '@larder/controller';
import { isAlreadyExists, isConflict, type Client, type KubeObject, type ObjectRef } from '@larder/kube';

export interface LeaseOptions {
  client: Client;
  namespace: string;
  name: string;
  /** Of this replica, and of no other. */
  identity: string;
  log: Logger;
  signal: AbortSignal;
  /** After so long without a sign of life another takes over. @default 15_000 */
  durationMs?: number;
  /** How often the holder gives a sign of life, and the others look. @default 2_000 */
  retryMs?: number;
}

interface Lease extends KubeObject {
  spec: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

/** The Lease went to another while work was done: this process must end, since nobody knows what it was in the middle of. */
export class LeaseLostError extends Error {}

/**
 * Waits for the Lease, does `work` while it is held, and gives it back. `work` is told to end by its signal, as the caller's tells.
 * @throws LeaseLostError
 */
export async function whileLeading(options: LeaseOptions, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const { signal, log, identity } = options;
  const lease = new HeldLease(options);
  if (!(await lease.acquire())) return;
  log.info('leads', { identity });
  const ending = new AbortController();
  const end = AbortSignal.any([signal, ending.signal]);
  const lost = lease.renewUntil(end).then(isLost => {
    if (isLost) ending.abort();
    return isLost;
  });
  const working = work(end);
  try {
    await Promise.race([working, lost.then(isLost => (isLost ? pause(LAST_WORDS_MS) : working))]);
  } finally {
    ending.abort();
  }
  if (await lost) throw new LeaseLostError('cannot go on: the lease was lost, and another replica may lead now');
  await lease.release();
}

/** What a holder whose lease is lost may still need to end: less than the others wait. */
const LAST_WORDS_MS = 3_000;

/** `unknown`: nothing was heard of it. */
type Try = 'held' | 'of another' | 'unknown';

class HeldLease {
  readonly #options: Required<LeaseOptions>;
  readonly #ref: ObjectRef;
  /** What was seen last, and when, by our own clock. */
  #seen = { version: '', atMs: 0 };

  constructor(options: LeaseOptions) {
    this.#options = { durationMs: 15_000, retryMs: 2_000, ...options };
    const { namespace, name } = options;
    this.#ref = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace, name };
  }

  /** @returns false when the signal came first */
  async acquire(): Promise<boolean> {
    const { signal, retryMs } = this.#options;
    while (!signal.aborted) {
      if ((await this.#try()) === 'held') return true;
      await pause(retryMs * (1 + 0.2 * Math.random()), signal);
    }
    return false;
  }

  /** Gives signs of life. @returns whether the lease was lost before the signal came */
  async renewUntil(end: AbortSignal): Promise<boolean> {
    const { durationMs, retryMs } = this.#options;
    let renewedMs = performance.now();
    while (!end.aborted) {
      await pause(retryMs, end);
      if (end.aborted) return false;
      // Asked before: another counts from the moment at which the server had it.
      const askedMs = performance.now();
      const result = await this.#try();
      if (result === 'held') renewedMs = askedMs;
      // Well before another may begin.
      else if (result === 'of another' || performance.now() - renewedMs > (durationMs * 2) / 3) return true;
    }
    return false;
  }

  /** Others need not wait for the duration to be over. */
  async release(): Promise<void> {
    const found = await this.#options.client.find<Lease>(this.#ref).catch(() => undefined);
    if (found?.spec.holderIdentity !== this.#options.identity) return;
    const spec = { ...found.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime() };
    await this.#options.client.update({ ...found, spec }).catch(() => undefined); // it runs out by itself
  }

  /** Takes or renews it. A call that hangs is given up: it holds nothing. */
  async #try(): Promise<Try> {
    const over = new AbortController();
    try {
      return await Promise.race([
        this.#ask(),
        pause(this.#options.durationMs / 3, over.signal).then((): Try => 'unknown'),
      ]);
    } finally {
      over.abort();
    }
  }

  async #ask(): Promise<Try> {
    const { client, log } = this.#options;
    try {
      const found = await client.find<Lease>(this.#ref);
      if (found !== undefined && !this.#isFree(found)) return 'of another';
      const held = await (found === undefined ? client.create(this.#first()) : client.update(this.#taken(found)));
      this.#seen = { version: held.metadata.resourceVersion ?? '', atMs: performance.now() };
      return 'held';
    } catch (error) {
      if (!isConflict(error) && !isAlreadyExists(error)) {
        log.error('cannot take or renew the lease', { error: error instanceof Error ? error.message : String(error) });
      }
      return 'unknown';
    }
  }

  #isFree({ metadata, spec }: Lease): boolean {
    const { holderIdentity = '', leaseDurationSeconds = 0 } = spec;
    if (holderIdentity === '' || holderIdentity === this.#options.identity) return true;
    const { resourceVersion: version = '' } = metadata;
    if (this.#seen.version !== version) this.#seen = { version, atMs: performance.now() };
    return performance.now() - this.#seen.atMs > leaseDurationSeconds * 1_000;
  }

  #taken(found: Lease): Lease {
    const { identity, durationMs } = this.#options;
    const isNew = found.spec.holderIdentity !== identity;
    const { leaseTransitions = 0, acquireTime } = found.spec;
    const now = microTime();
    const spec = {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(durationMs / 1_000),
      acquireTime: isNew ? now : (acquireTime ?? now),
      renewTime: now,
      leaseTransitions: leaseTransitions + (isNew ? 1 : 0),
    };
    return { ...found, spec };
  }

  #first(): Lease {
    const { apiVersion, kind, namespace, name } = this.#ref;
    return this.#taken({ apiVersion, kind, metadata: { namespace, name }, spec: { leaseTransitions: -1 } });
  }
}

/** RFC 3339 with microseconds, as a Lease has it. */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z');
}
