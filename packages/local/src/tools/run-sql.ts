/**
 * `larder-sql`, the one program of Larder's tools image: a small psql for Jobs, with the flags that psql has. It logs in with what a
 * connection secret says, over verified TLS and SCRAM only.
 */
import type pg from 'pg';
import { ScramClient } from '@larder/postgres';
import { checkDatabase } from './check-database.ts';
import { resultText } from './result-text.ts';
import { parseSqlArguments, UsageError, type SqlArguments } from './sql-arguments.ts';
import { findLogin, type SqlLogin } from './sql-login.ts';

export interface SqlProgram {
  /** As on the command line, without the program's name. */
  args: string[];
  /** The connection secret's keys, or libpq's variables. */
  environment: Record<string, string | undefined>;
  /** Where a path in the arguments really is. @default the path itself */
  locate?: (path: string) => string;
  print: (text: string) => void;
  complain: (text: string) => void;
}

/** Exit codes as psql's: 0 done, 1 the SQL or the arguments are wrong, 2 no connection. Never throws. */
export async function runSql(program: SqlProgram): Promise<number> {
  const { complain } = program;
  let client: pg.Client;
  try {
    const args = parseSqlArguments(program.args);
    client = await connect(findLogin(args, program), args);
    return await useClient(client, args, program);
  } catch (error) {
    complain(`larder-sql: ${error instanceof Error ? error.message : String(error)}`);
    return error instanceof UsageError ? 1 : 2;
  }
}

async function useClient(client: pg.Client, args: SqlArguments, { print, complain }: SqlProgram): Promise<number> {
  client.on('notice', notice => complain(`${notice.severity}:  ${notice.message}`));
  try {
    if (args.check) await checkDatabase(client, print);
    for (const sql of args.statements) for (const result of await query(client, sql)) print(resultText(result, args));
    return 0;
  } catch (error) {
    complain(errorText(error));
    return 1;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Tries until the time that `--wait` gives is over: a server that starts refuses connections for a moment. */
async function connect(login: SqlLogin, { waitMs }: SqlArguments): Promise<pg.Client> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const client = new ScramClient({
      host: login.host,
      port: login.port,
      user: login.user,
      password: login.password,
      database: login.database,
      ssl: { ca: login.ca, rejectUnauthorized: true, minVersion: 'TLSv1.2' },
      application_name: 'larder-sql',
      connectionTimeoutMillis: 10_000,
      types: { getTypeParser: () => (value: unknown) => value },
    });
    client.on('error', () => undefined); // the next statement fails with it
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (performance.now() > deadline || !mayPass(error))
        throw new Error(`cannot connect to ${login.host}:${login.port}: ${(error as Error).message}`, { cause: error });
    }
    await new Promise(resolve => setTimeout(resolve, 200));
  }
}

/** Refused connections and a server that starts or ends; not a wrong password or certificate. */
function mayPass(error: unknown): boolean {
  const code = (error as { code?: string }).code ?? '';
  return ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', '57P03', '57P01', '53300'].includes(code);
}

async function query(client: pg.Client, text: string): Promise<pg.QueryArrayResult<(string | null)[]>[]> {
  const answer = (await client.query<(string | null)[]>({ text, rowMode: 'array' })) as unknown;
  return (Array.isArray(answer) ? answer : [answer]) as pg.QueryArrayResult<(string | null)[]>[];
}

function errorText(error: unknown): string {
  const { severity = 'ERROR', message, detail, hint } = error as Partial<pg.DatabaseError>;
  return [`${severity}:  ${message}`, detail && `DETAIL:  ${detail}`, hint && `HINT:  ${hint}`]
    .filter(Boolean)
    .join('\n');
}
