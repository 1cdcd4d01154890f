/** A connection to a PostgreSQL server: SCRAM only, timeouts everywhere, the search path pinned before the first statement. */
import { isIP } from 'node:net';
import type { QueryResultRow } from 'pg';
import { ScramClient } from './scram-client.ts';
import { tlsOptions, type SslMode } from './tls.ts';

/** Where to connect: over TCP; or through a socket in a folder that only the server's account can enter. */
export type Endpoint =
  | {
      /** What the certificate is for. */
      host: string;
      /** Where to connect to. @default what `host` resolves to */
      address?: string;
      port: number;
      /** The authority that the server's certificate must come from, as PEM; absent: those that this machine trusts. */
      ca?: string;
      /** @default verify-full */
      sslmode?: SslMode;
    }
  | { socketFolder: string; port: number };

export interface Login {
  user: string;
  password: string;
  database: string;
}

/** Nothing that is asked for here comes near it; servers of others may try. */
const ANSWER_BYTES = 64 * 2 ** 20;

export interface ConnectOptions {
  /** @default 5_000 */
  connectMs?: number;
  /** For each statement; the server and the client both end it. @default 30_000 */
  statementMs?: number;
}

/** One session. Close it with `close`, also after an error. */
export interface Session {
  rows<Row extends QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Several statements in one turn, each row as an array; of a statement that gives none, nothing. Where one fails, all do. */
  batch(sql: string): Promise<unknown[][][]>;
  close(): Promise<void>;
  /** Lets go of a server that may not answer any more, without a word and without waiting. */
  abandon(): void;
}

/** @throws Error with PostgreSQL's SQLSTATE as `code`, or the system's error code */
export async function connect(endpoint: Endpoint, login: Login, options: ConnectOptions = {}): Promise<Session> {
  const client = clientFor(endpoint, login, options);
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return {
    rows: async <Row extends QueryResultRow>(sql: string, values?: unknown[]) =>
      (await client.query<Row>(sql, values)).rows,
    batch: async sql => {
      const answer = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
      const each = (Array.isArray(answer) ? answer : [answer]) as { rows: unknown[][] }[];
      return each.map(({ rows }) => rows);
    },
    close: () => client.end(),
    abandon: () => client.abandon(),
  };
}

/** A client that has not connected yet. */
export function clientFor(endpoint: Endpoint, login: Login, options: ConnectOptions): ScramClient {
  const { connectMs = 5_000, statementMs = 30_000 } = options;
  const client = new ScramClient({
    ...address(endpoint),
    user: login.user,
    password: login.password,
    database: login.database,
    application_name: 'larder',
    answerBytes: ANSWER_BYTES,
    options: '-c search_path=pg_catalog,pg_temp',
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    query_timeout: statementMs + 1_000,
    lock_timeout: statementMs,
  });
  // A server that dies between two statements tells it here; the next statement fails with it.
  client.on('error', () => undefined);
  return client;
}

/** Runs `work` in a session of its own. */
export async function withSession<T>(
  endpoint: Endpoint,
  login: Login,
  work: (session: Session) => Promise<T>,
  options?: ConnectOptions,
): Promise<T> {
  const session = await connect(endpoint, login, options);
  try {
    return await work(session);
  } finally {
    await session.close().catch(() => undefined);
  }
}

function address(endpoint: Endpoint): object {
  if ('socketFolder' in endpoint) return { host: endpoint.socketFolder, port: endpoint.port };
  const { host, address = host, port, ca, sslmode = 'verify-full' } = endpoint;
  const tls = tlsOptions(sslmode, ca);
  return { host: address, port, ssl: tls && { ...tls, host, ...(isIP(host) ? {} : { servername: host }) } };
}
