/**
 * Keeps one receiver of one instance told. What it was told last is remembered, so that it hears of each change once, of what goes on
 * every four hours, and nothing again after a restart. One message is under way at a time; one that fails is tried again, later each
 * time, with what is true then. It waits for nobody, and nobody waits for it.
 */
import type { AlertText } from '@larder/catalog';
import type { ReadyReceiver } from '../orders.ts';
import type { Told } from './payload.ts';

export interface Firing extends AlertText {
  /** ms since 1970 */
  startsAt: number;
}

/** What a receiver was told last; kept on disk. */
export interface Heard {
  /** ms since 1970 */
  at: number;
  firing: Firing[];
}

export interface LaneOptions {
  send: (receiver: ReadyReceiver, alerts: readonly Told[]) => Promise<void>;
  /** Told when something was sent, so that it can be written down. */
  heard: (heard: Heard | undefined) => void;
  now: () => number;
}

const REPEAT_MS = 4 * 3_600_000;
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 300_000;

export class Lane {
  /** Why the last try failed; absent when it did not. */
  problem: string | undefined;
  #heard: Heard | undefined;
  #failures = 0;
  #retryAt = 0;
  #sending: Promise<void> | undefined;
  readonly #options: LaneOptions;

  constructor(options: LaneOptions, heard: Heard | undefined) {
    this.#options = options;
    this.#heard = heard;
  }

  /** Sends what is news, unless something is under way or it is too early to try again. Returns at once. */
  tell(receiver: ReadyReceiver, firing: readonly Firing[]): void {
    const now = this.#options.now();
    if (this.#sending !== undefined || now < this.#retryAt) return;
    const news = newsFor(this.#heard, firing, now, receiver.sendResolved);
    if (news === 'nothing') return;
    if (news === 'quietly') return this.#remember(undefined);
    this.#sending = this.#send(receiver, news, firing).finally(() => (this.#sending = undefined));
  }

  async settled(): Promise<void> {
    await this.#sending;
  }

  async #send(receiver: ReadyReceiver, alerts: readonly Told[], firing: readonly Firing[]): Promise<void> {
    const { send, now } = this.#options;
    try {
      await send(receiver, alerts);
      this.problem = undefined;
      this.#failures = 0;
      this.#retryAt = 0;
      this.#remember(firing.length === 0 ? undefined : { at: now(), firing: [...firing] });
    } catch (error) {
      this.problem = (error as Error).message;
      this.#failures += 1;
      this.#retryAt = now() + Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1));
    }
  }

  #remember(heard: Heard | undefined): void {
    this.#heard = heard;
    this.#options.heard(heard);
  }
}

/** What is to be sent: those that fire, and those that are over. `quietly`: it is over, and nobody wants to hear it. */
export function newsFor(
  heard: Heard | undefined,
  firing: readonly Firing[],
  now: number,
  sendResolved: boolean,
): readonly Told[] | 'nothing' | 'quietly' {
  const before = heard?.firing ?? [];
  const key = ({ name, startsAt }: Firing): string => `${name} ${startsAt}`;
  const [old, present] = [new Set(before.map(key)), new Set(firing.map(key))];
  const over = before.filter(alert => !present.has(key(alert)));
  const isNew = firing.some(alert => !old.has(key(alert)));
  const isDue = firing.length > 0 && heard !== undefined && now - heard.at >= REPEAT_MS;
  if (!isNew && !isDue && over.length === 0) return 'nothing';
  const told = [...firing, ...(sendResolved ? over.map(alert => ({ ...alert, endsAt: now })) : [])];
  if (told.length === 0) return 'quietly';
  return !isNew && !isDue && !sendResolved ? 'nothing' : told;
}
