/** A writer that notes which commits were acknowledged, and when: what a recovered database must have, and what it must not. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from '@larder/postgres';

interface Entry {
  /** Before the statement was sent (ms since 1970). */
  sentAt: number;
  /** After the server had said that it is committed; absent when it never said so. */
  acknowledgedAt?: number;
}

export class Ledger {
  readonly #entries: Entry[] = [];
  readonly #open: () => Promise<Session>;
  readonly #stopping = new AbortController();
  #working: Promise<void> | undefined;

  /** @param open a session of whoever may write; asked again whenever one was lost */
  constructor(open: () => Promise<Session>) {
    this.#open = open;
  }

  start(): void {
    this.#working = this.#work();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#working;
  }

  get acknowledged(): number {
    return this.#entries.filter(({ acknowledgedAt }) => acknowledgedAt !== undefined).length;
  }

  /** A moment between two acknowledgements, the first of them after so many. */
  momentAfter(count: number, random: () => number): Date {
    const times = this.#entries.flatMap(({ acknowledgedAt }) => acknowledgedAt ?? []).slice(count);
    const [first = 0] = times;
    const last = times.at(-1) ?? first;
    return new Date(first + Math.floor(random() * (last - first)));
  }

  /** @throws AssertionError unless `session`'s database has all that was acknowledged before `moment`, and nothing that was sent after it */
  async check(session: Session, moment: Date): Promise<{ rows: number; needed: number }> {
    const rows = await session.rows<{ n: number; text: string }>('SELECT n, text FROM public.ledger ORDER BY n');
    const there = new Set(rows.map(({ n }) => n));
    for (const { n, text } of rows) assert.equal(text, textOf(n), `row ${n} is what was written`);
    const at = moment.getTime();
    const needed = [...this.#entries.entries()].filter(([, { acknowledgedAt }]) => (acknowledgedAt ?? Infinity) < at);
    const missing = needed.filter(([n]) => !there.has(n)).map(([n]) => n);
    assert.deepEqual(missing, [], `acknowledged before ${moment.toISOString()}, and not there`);
    const tooLate = rows.map(({ n }) => n).filter(n => (this.#entries[n]?.sentAt ?? Infinity) > at);
    assert.deepEqual(tooLate, [], `sent after ${moment.toISOString()}, and there`);
    return { rows: rows.length, needed: needed.length };
  }

  async #work(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const session = await this.#open().catch(() => undefined);
      await (session && this.#write(session).catch(() => undefined));
      await session?.close().catch(() => undefined);
      await delay(200, undefined, { signal }).catch(() => undefined);
    }
  }

  async #write(session: Session): Promise<void> {
    await session.rows('CREATE TABLE IF NOT EXISTS public.ledger (n int PRIMARY KEY, text text NOT NULL)');
    while (!this.#stopping.signal.aborted) {
      const entry: Entry = { sentAt: Date.now() };
      // One that fails may be there or not; its number is never given again.
      const n = this.#entries.push(entry) - 1;
      await session.rows('INSERT INTO public.ledger VALUES ($1, $2)', [n, textOf(n)]);
      // The next millisecond: by then it was acknowledged for certain.
      entry.acknowledgedAt = Date.now() + 1;
      await delay(10);
    }
  }
}

function textOf(n: number): string {
  return createHash('sha256').update(`row ${n}`).digest('hex');
}
