/**
 * Probes one instance as an application uses it: a connection that stays is asked `SELECT 1` each second, and a new login is made each
 * minute. A second is up when it was answered within five; down when it was not, or the server turned the login away. What says nothing
 * of the server is neither: slots that are all taken, a login that is not there, time in which this process itself did not run.
 *
 * States: without a session (each second a login is tried), with one that is waited for, with one that has answered. Only the tick and
 * the end of what it began move it.
 */
import { connect, type Session } from '@larder/postgres';
import type { Probe } from '../orders.ts';
import type { SecondState } from './ledger.ts';

export interface ProberOptions {
  /** Its own login; read at each login, as it may change. */
  probe: () => Probe | undefined;
  /** Within the instance's own maintenance. */
  isMaintained: () => boolean;
  /** Whether somebody else had an answer just now, when a login got none: then the login says nothing. */
  isAnswering: () => boolean;
  /** Whether it has ever answered: an instance that is just being made is not down. */
  hasBegun: boolean;
  count: (atSeconds: number, state: SecondState) => void;
  /** ms since 1970. @default Date.now */
  now?: () => number;
}

export interface Seen {
  up?: boolean;
  loginUp?: boolean;
  answerSeconds?: number;
  loginSeconds?: number;
}

interface Trouble {
  code?: string;
  message?: string;
}

const TICK_MS = 1_000;
const PHASES = 2;
/** After so long without an answer it was down all the while. */
export const PATIENCE_MS = 5_000;
const LOGIN_EVERY_MS = 60_000;
const LOGIN_AGAIN_MS = 5_000;
/** A tick that is later than that: this process, or the machine, stood still. */
const STALL_MS = 2_500;

/** Codes that say nothing of the server's being there: all slots taken, and a login or a database that somebody took away. */
const saysNothing = /^(53300|53400|28...|3D000|42501|55000)$/;

export class Prober {
  readonly seen: Seen = {};
  readonly #options: ProberOptions;
  readonly #now: () => number;
  #session: Session | undefined;
  /** When what is waited for was asked (ms). */
  #askedAt: number | undefined;
  #undecided: number[] = [];
  #lastTick = 0;
  #nextLogin: number;
  #isLoggingIn = false;
  #hasAnswered: boolean;
  #timer: NodeJS.Timeout;
  #stopped = false;
  /** Within its second: fifty don't ask in the same instant, nor does the process wake up fifty times for them. */
  readonly #phase = Math.floor(Math.random() * PHASES) * (TICK_MS / PHASES);
  readonly #work = new Set<Promise<void>>();

  constructor(options: ProberOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#hasAnswered = options.hasBegun;
    this.#nextLogin = this.#now() + Math.random() * LOGIN_EVERY_MS;
    this.#timer = setTimeout(() => this.#tick(), this.#phase);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#leave();
    await Promise.allSettled(this.#work);
  }

  #tick(): void {
    if (this.#stopped) return;
    const now = this.#now();
    this.#timer = setTimeout(() => this.#tick(), TICK_MS - (now % TICK_MS) + this.#phase);
    const stalled = this.#lastTick > 0 && (now - this.#lastTick > STALL_MS || now < this.#lastTick);
    this.#lastTick = now;
    if (stalled) {
      // Answers may lie unread: they get their time again, and what nobody saw is not counted.
      this.#undecided = [];
      if (this.#askedAt !== undefined) this.#askedAt = now;
    }
    this.#undecided.push(Math.floor(now / 1000));
    if (this.#options.isMaintained()) this.#decide('maintenance');
    if (this.#askedAt !== undefined && now - this.#askedAt > PATIENCE_MS) this.#giveUp();
    if (this.#askedAt === undefined) this.#ask(now);
    if (now >= this.#nextLogin && !this.#isLoggingIn) this.#run(this.#tryLogin(now));
  }

  #ask(now: number): void {
    this.#askedAt = now;
    const began = performance.now();
    const session = this.#session;
    const asked = session === undefined ? this.#open() : session.rows('SELECT 1').then(() => session);
    this.#run(
      asked.then(
        answered => {
          if (this.#stopped || this.#askedAt === undefined || (session ?? this.#session) !== answered) return;
          this.#askedAt = undefined;
          this.seen.answerSeconds = (performance.now() - began) / 1000;
          this.#answered();
        },
        (error: Trouble) => {
          if (this.#stopped || session !== this.#session || this.#askedAt === undefined) return;
          this.#askedAt = undefined;
          this.#leave();
          this.#failed(error, session !== undefined);
        },
      ),
    );
  }

  async #open(): Promise<Session> {
    const probe = this.#options.probe();
    if (!probe) throw Object.assign(new Error('there is no login to try'), { code: '28000' });
    const session = await login(probe);
    if (this.#stopped || this.#session !== undefined || this.#askedAt === undefined) {
      session.abandon();
      throw Object.assign(new Error('too late'), { code: '55000' });
    }
    this.#session = session;
    return session;
  }

  #answered(): void {
    this.#hasAnswered = true;
    this.seen.up = true;
    // While nobody new is let in, those who are in are not enough.
    this.#decide(this.seen.loginUp === false ? 'down' : 'up');
  }

  #failed(error: Trouble, hadSession: boolean): void {
    if (!this.#hasAnswered || saysNothing.test(error.code ?? '')) return this.#decide(undefined);
    // A login that hangs, while somebody who is in already is answered: a catalogue that is locked, and no server that is down.
    if (!hadSession && isTimeout(error) && this.#options.isAnswering()) return this.#decide(undefined);
    this.seen.up = false;
    this.#decide('down');
  }

  #giveUp(): void {
    const hadSession = this.#session !== undefined;
    this.#askedAt = undefined;
    this.#leave();
    this.#failed({ code: 'ETIMEDOUT' }, hadSession);
  }

  #leave(): void {
    const session = this.#session;
    this.#session = undefined;
    session?.abandon();
  }

  /** What was waited for is known now; `undefined`: nobody will ever know. */
  #decide(state: SecondState | undefined): void {
    const seconds = this.#undecided.splice(0);
    if (state === undefined) return void (this.seen.up = undefined);
    for (const second of seconds) this.#options.count(second, state);
  }

  async #tryLogin(now: number): Promise<void> {
    const probe = this.#options.probe();
    if (!probe) return;
    this.#isLoggingIn = true;
    const began = performance.now();
    try {
      const session = await login(probe);
      this.seen.loginUp = true;
      this.seen.loginSeconds = (performance.now() - began) / 1000;
      await session.close().catch(() => undefined);
    } catch (error) {
      const trouble = error as Trouble;
      const isUnsaid = !this.#hasAnswered || saysNothing.test(trouble.code ?? '') || isTimeout(trouble);
      this.seen.loginUp = isUnsaid ? undefined : false;
    } finally {
      this.#isLoggingIn = false;
      this.#nextLogin = now + (this.seen.loginUp === true ? LOGIN_EVERY_MS : LOGIN_AGAIN_MS);
    }
  }

  #run(work: Promise<void>): void {
    this.#work.add(work);
    void work.finally(() => this.#work.delete(work));
  }
}

function login({ host, port, ca, user, password, database }: Probe): Promise<Session> {
  const times = { connectMs: PATIENCE_MS, statementMs: 60_000 };
  return connect({ host, port, ca }, { user, password, database }, times);
}

function isTimeout({ code, message = '' }: Trouble): boolean {
  return code === 'ETIMEDOUT' || (code === undefined && /timeout/i.test(message));
}
