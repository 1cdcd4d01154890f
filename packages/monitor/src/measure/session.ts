/**
 * The one connection that is kept to a server: with everything prepared that is asked again and again, so that a turn costs the server
 * the answers alone. Every answer has a deadline here, since a server that hangs doesn't end its statements.
 */
import { connect, type Endpoint, type Login, type Session } from '@larder/driver';
import { fastStatements, VERSION, type FastPart } from './statements.ts';
import type { Row } from './read-server.ts';

/** A connection, and a statement at the server, may take so long (ms); a second later nobody waits for it any more. */
const ANSWER_MS = 2_000;
/** What a lock of somebody else may cost (ms): catalogues can be locked. */
const LOCK_MS = 300;

/** Where everybody may connect; nobody drops it. */
const DATABASE = 'postgres';

export interface Kept {
  major: number;
  /** `PostgreSQL 17.10 on …` and `17.10`. */
  version: { full: string; short: string };
  /** The answers to all of them in one turn. Where one fails, all do. */
  all(parts: readonly FastPart[]): Promise<Map<FastPart, Row[]>>;
  one(part: FastPart): Promise<Row[]>;
  ask(sql: string): Promise<Row[]>;
  /** Never waits. */
  abandon(): void;
}

export interface Access {
  endpoint: Endpoint;
  login: Omit<Login, 'database'>;
  /** How long an answer may take (ms). @default 2_000 */
  answerMs?: number;
}

/** @throws Error with the SQLSTATE of PostgreSQL as `code`, or that of the system; none when nobody answered in time */
export async function keepSession(access: Access): Promise<Kept> {
  const session = await open(access, DATABASE);
  try {
    const [rows = []] = await session.batch(VERSION);
    const [full = '', short = ''] = (rows[0] ?? []).map(String);
    const major = Number.parseInt(short, 10);
    const statements = Object.entries(fastStatements(major));
    await session.batch(
      [`SET lock_timeout = ${LOCK_MS}`, ...statements.map(([part, sql]) => `PREPARE larder_${part} AS ${sql}`)].join(
        ';',
      ),
    );
    const one = async (part: FastPart): Promise<Row[]> => (await session.batch(`EXECUTE larder_${part}`))[0] ?? [];
    return {
      major,
      version: { full, short: short.split(' ')[0] ?? '' },
      one,
      all: async parts => {
        const answers = await session.batch(parts.map(part => `EXECUTE larder_${part}`).join(';'));
        return new Map(parts.map((part, at) => [part, answers[at] ?? []]));
      },
      ask: async sql => (await session.batch(sql))[0] ?? [],
      abandon: () => session.abandon(),
    };
  } catch (error) {
    session.abandon();
    throw error;
  }
}

/** One question in another database. The session is gone when it is answered, so that it can be dropped. */
export async function askIn(access: Access, database: string, sql: string): Promise<Row[]> {
  const session = await open(access, database);
  try {
    await session.batch(`SET lock_timeout = ${LOCK_MS}`);
    return (await session.batch(sql))[0] ?? [];
  } finally {
    session.abandon();
  }
}

function open({ endpoint, login, answerMs = ANSWER_MS }: Access, database: string): Promise<Session> {
  return connect(endpoint, { ...login, database }, { connectMs: answerMs, statementMs: answerMs });
}

/** Whether the server itself said what went wrong: then it lives. */
export function isAnswer(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !LOST.test(code);
}

/** It is starting, stopping or ending this very session, or refuses all connections. (`EPIPE` has five letters too.) */
const LOST = /^(57P0[123]|08|EPIPE)/;

/** All its connections are taken: it works, and can't be asked now. */
export function isFull(error: unknown): boolean {
  return (error as { code?: unknown }).code === '53300';
}

/** It doesn't let us in: the role or its password was changed. */
export function isRefused(error: unknown): boolean {
  return ['28P01', '28000'].includes(String((error as { code?: unknown }).code));
}
