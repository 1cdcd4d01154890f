/**
 * `larder-sql`, the one program of Larder's tools image: a small psql for Jobs, with the flags that psql has. It logs in with what a
 * connection secret says, over verified TLS and SCRAM only.
 */
import { open } from 'node:fs/promises';
import type pg from 'pg';
import { ScramClient } from '@larder/postgres';
import { checkDatabase } from './check-database.ts';
import { linesOf, runScript, runStatement, ScriptError, type Session } from './run-script.ts';
import { parseSqlArguments, UsageError, type SqlArguments, type SqlInput } from './sql-arguments.ts';
import { findLogin, type SqlLogin } from './sql-login.ts';

export interface SqlProgram {
  /** As on the command line, without the program's name. */
  args: string[];
  /** The connection secret's keys, or libpq's variables. */
  environment: Record<string, string | undefined>;
  /** How it calls itself in messages. @default larder-sql */
  name?: string;
  /** Where a script or the data of a COPY come from. @default the process's own */
  input?: AsyncIterable<unknown>;
  /** Where a path in the arguments really is. @default the path itself */
  locate?: (path: string) => string;
  print: (text: string) => void;
  complain: (text: string) => void;
}

/**
 * Exit codes as psql's with ON_ERROR_STOP: 0 done, 1 the SQL, the arguments or a file is wrong, 2 no connection, or it was lost, 3 the SQL
 * of a script is wrong. Never throws.
 */
export async function runSql(program: SqlProgram): Promise<number> {
  const { complain, name = 'larder-sql' } = program;
  let client: pg.Client;
  try {
    const args = parseSqlArguments(program.args);
    client = await connect(findLogin(args, program), args);
    return await useClient(client, args, program);
  } catch (error) {
    complain(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    return error instanceof UsageError ? 1 : 2;
  }
}

async function useClient(client: pg.Client, args: SqlArguments, program: SqlProgram): Promise<number> {
  const { print, complain } = program;
  client.on('notice', notice => complain(`${notice.severity}:  ${notice.message}`));
  try {
    if (args.check) await checkDatabase(client, print);
    for (const input of args.inputs) await runInput(input, { client, args, print }, program);
    return 0;
  } catch (error) {
    complain(errorText(error));
    if (isLost(error)) return 2;
    return error instanceof ScriptError ? 3 : 1;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function runInput(input: SqlInput, session: Session, program: SqlProgram): Promise<void> {
  const { locate = path => path, input: standardInput = process.stdin } = program;
  if (input.kind === 'statement') return runStatement(input.sql, linesOf(standardInput), session);
  const { path } = input;
  const lines = linesOf(path === '-' ? standardInput : await openScript(locate(path), path));
  await runScript(path === '-' ? '<stdin>' : path, lines, session);
}

/** The server ended the session, or went away. */
function isLost(error: unknown): boolean {
  const cause = error instanceof ScriptError ? error.cause : error;
  const { severity, message = '' } = cause as Partial<pg.DatabaseError>;
  return (
    severity === 'FATAL' || severity === 'PANIC' || /^Connection terminated|not queryable|ECONNRESET/.test(message)
  );
}

async function openScript(path: string, shown: string): Promise<AsyncIterable<unknown>> {
  try {
    return (await open(path)).createReadStream();
  } catch (error) {
    throw new Error(`cannot read "${shown}": ${(error as NodeJS.ErrnoException).code}`, { cause: error });
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

function errorText(error: unknown): string {
  if (error instanceof ScriptError) return `${error.script}:${error.line}: ${errorText(error.cause)}`;
  const { severity = 'ERROR', message, detail, hint } = error as Partial<pg.DatabaseError>;
  return [`${severity}:  ${message}`, detail && `DETAIL:  ${detail}`, hint && `HINT:  ${hint}`]
    .filter(Boolean)
    .join('\n');
}
