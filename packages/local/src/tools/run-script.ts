/** Runs statements one by one, as psql does: each in a transaction of its own, the data of a COPY from where the statement came from. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { resultText } from './result-text.ts';
import { isCopyIn, isCopyOut, StatementSplitter } from './script.ts';
import type { SqlArguments } from './sql-arguments.ts';

export type Lines = AsyncIterator<string, unknown>;

export interface Session {
  client: pg.Client;
  args: Pick<SqlArguments, 'format' | 'rowsOnly'>;
  print: (text: string) => void;
}

/** Where in which script an error is. */
export class ScriptError extends Error {
  override name = 'ScriptError';
  readonly script: string;
  readonly line: number;

  constructor(script: string, line: number, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.script = script;
    this.line = line;
  }
}

/** `script` is its name, for messages. @throws ScriptError at the first statement that fails */
export async function runScript(script: string, lines: Lines, session: Session): Promise<void> {
  let count = 0;
  const counted: Lines = {
    next: async () => {
      count++;
      return lines.next();
    },
  };
  try {
    for await (const statement of statementsOf(counted)) await runStatement(statement, counted, session);
  } catch (error) {
    throw new ScriptError(script, count, error);
  }
}

async function* statementsOf(lines: Lines): AsyncGenerator<string, void> {
  const splitter = new StatementSplitter();
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
    const text = line.value.replace(/^\uFEFF/, '');
    if (splitter.isBetween && /^\s*\\/.test(text)) refuseCommand(text.trim());
    else yield* splitter.push(text);
  }
  const rest = splitter.rest();
  if (rest !== '') yield rest;
}

/** One string of SQL, with as many statements as it has; `lines` are the data of a COPY. */
export async function runStatement(sql: string, lines: Lines, { client, args, print }: Session): Promise<void> {
  if (isCopyIn(sql)) {
    const stream = client.query(copyFrom(sql));
    await pipeline(Readable.from(copyData(lines)), stream);
    return print(`COPY ${stream.rowCount}`);
  }
  if (isCopyOut(sql)) {
    for await (const line of linesOf(client.query(copyTo(sql)))) print(line);
    return;
  }
  const answer = (await client.query<(string | null)[]>({ text: sql, rowMode: 'array' })) as unknown;
  const results = (Array.isArray(answer) ? answer : [answer]) as pg.QueryArrayResult<(string | null)[]>[];
  for (const result of results) if (result.command) print(resultText(result, args));
}

/** The lines of a stream, without their ends. */
export async function* linesOf(stream: AsyncIterable<unknown>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let left = '';
  for await (const chunk of stream) {
    const lines = (left + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
    left = lines.pop() ?? '';
    for (const line of lines) yield line.replace(/\r$/, '');
  }
  if (left !== '') yield left;
}

async function* copyData(lines: Lines): AsyncGenerator<string, void> {
  for (let line = await lines.next(); line.done !== true && line.value !== '\\.'; line = await lines.next())
    yield `${line.value}\n`;
}

/** What pg_dump writes around its SQL means nothing to a client that knows no commands. */
function refuseCommand(text: string): void {
  if (/^\\(un)?restrict\b/.test(text)) return;
  throw new Error(`"${text.split(/\s/)[0]}" is a command of psql, not SQL; leave it out, or install psql`);
}
