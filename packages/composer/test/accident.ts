/** Composers that are killed, or lose an answer, after a certain write. */
import type { TestContext } from 'node:test';
import type { Client } from '@larder/kube';
import { startComposer } from '../src/index.ts';
import { boxes } from './boxes.ts';

export type Fate = 'killed' | 'unanswered';

/** A composer that dies with the signal, without an end: what it waits for never comes. */
export function compose(t: Pick<TestContext, 'after'>, client: Client, died?: AbortSignal): void {
  const ending = new AbortController();
  const signal = died === undefined ? ending.signal : AbortSignal.any([ending.signal, died]);
  const composer = startComposer({ client, services: [boxes()], signal });
  composer.catch(() => {
    // It was killed while it installed.
  });
  t.after(async () => {
    ending.abort();
    if (!died?.aborted) await (await composer.catch(() => undefined))?.stopped;
  });
}

/** A client that lets n writes through, and then is the client of a dead process, or loses one answer. */
export class Accident {
  readonly client: Client;
  readonly happened: Promise<void>;
  writes = 0;
  /** Called before each write, with how many there were. */
  onWrite: (count: number) => void = () => {};
  readonly #n: number;
  readonly #fate: Fate;
  readonly #death = new AbortController();

  constructor(client: Client, n: number, fate: Fate) {
    this.#n = n;
    this.#fate = fate;
    this.happened = new Promise(resolve => this.died.addEventListener('abort', () => resolve(), { once: true }));
    const written = new Set(['create', 'update', 'updateStatus', 'patch', 'delete']);
    this.client = new Proxy(client, {
      get: (target, name) => {
        const method = Reflect.get(target, name) as unknown;
        if (typeof method !== 'function' || name === 'watch')
          return typeof method === 'function' ? (method.bind(target) as unknown) : method;
        const call = (...given: unknown[]): Promise<unknown> =>
          (method as (...all: unknown[]) => Promise<unknown>).apply(target, given);
        return (...given: unknown[]) =>
          written.has(String(name)) ? this.#write(() => call(...given)) : this.#read(() => call(...given));
      },
    });
  }

  get died(): AbortSignal {
    return this.#death.signal;
  }

  #read(call: () => Promise<unknown>): Promise<unknown> {
    return this.died.aborted ? never() : call();
  }

  async #write(call: () => Promise<unknown>): Promise<unknown> {
    if (this.died.aborted) return never();
    const count = ++this.writes;
    this.onWrite(count);
    // Writes run side by side: none begins after the last one that counts.
    if (this.#fate === 'killed' && count > this.#n) return never();
    const answer = await settle(call);
    if (count === this.#n && this.#fate === 'killed') this.#death.abort();
    if (this.died.aborted) return never();
    if (count === this.#n) throw new Error('connection reset');
    if ('error' in answer) throw answer.error;
    return answer.value;
  }
}

async function settle(call: () => Promise<unknown>): Promise<{ value: unknown } | { error: Error }> {
  try {
    return { value: await call() };
  } catch (error) {
    return { error: error as Error };
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}
