/**
 * pg_dump as a program of its own: the WebAssembly build speaks over descriptor 3, where whoever started us holds a session that is
 * logged in. Arguments are those of pg_dump behind the server's parameters as JSON; the dump comes on the standard output.
 */
import { readSync, writeSync } from 'node:fs';
import { pgDump } from '@electric-sql/pglite-tools/pg_dump';
import { answerToStartup, frames, isAnswered } from './wire.ts';

const WIRE = 3;

/** The only two statements of the library's own; pg_dump pins its search path itself. */
const SEARCH_PATH = { rows: [{ search_path: 'pg_catalog' }] };

class Server {
  private pending = Buffer.alloc(0);
  private started = false;
  private readonly parameters: Record<string, string>;

  constructor(parameters: Record<string, string>) {
    this.parameters = parameters;
  }

  /** Gives the answer before it returns, since pg_dump reads only what is there. */
  execProtocolRawStream(bytes: Uint8Array, { onRawData }: { onRawData: (answer: Uint8Array) => void }): void {
    this.pending = Buffer.concat([this.pending, bytes]);
    if (!this.started) {
      const answer = answerToStartup(this.pending, this.parameters);
      if (answer === undefined) return;
      this.pending = Buffer.alloc(0);
      this.started = answer.length > 1;
      return onRawData(answer);
    }
    const { whole, rest } = frames(this.pending);
    this.pending = Buffer.from(rest);
    for (const frame of whole) {
      writeAll(frame);
      if (isAnswered(frame)) readAnswer(onRawData);
    }
  }

  query(): Promise<typeof SEARCH_PATH> {
    return Promise.resolve(SEARCH_PATH);
  }

  exec(): Promise<void> {
    return Promise.resolve();
  }
}

function writeAll(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(WIRE, bytes, at);
}

/** Up to the server's word that it waits for the next statement. */
function readAnswer(onRawData: (answer: Uint8Array) => void): void {
  const chunk = Buffer.alloc(1 << 16);
  for (let buffered = Buffer.alloc(0); ;) {
    const count = readSync(WIRE, chunk, 0, chunk.length, null);
    if (count === 0) throw new Error('the server closed the connection during the dump');
    buffered = Buffer.concat([buffered, chunk.subarray(0, count)]);
    const { whole, rest } = frames(buffered);
    for (const frame of whole) onRawData(frame);
    if (whole.at(-1)?.[0] === 'Z'.charCodeAt(0)) return;
    buffered = Buffer.from(rest);
  }
}

/**
 * The library takes every line away that begins with `\restrict`, also out of a comment or a function that has one. What is no SQL is
 * told from what is in a string by whoever reads the statements.
 */
function keepAllLines(): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its text below
  const original = String.prototype.replace as (pattern: string | RegExp, by: string) => string;
  String.prototype.replace = function (this: string, pattern: string | RegExp, by: string) {
    if (pattern instanceof RegExp && pattern.source.includes('un)?restrict')) return String(this);
    return original.call(this, pattern, by);
  } as typeof String.prototype.replace;
}

const [parameters = '{}', ...args] = process.argv.slice(2);
const pg = new Server(JSON.parse(parameters) as Record<string, string>);
keepAllLines();
try {
  const file = await pgDump({ pg: pg as never, args });
  process.stdout.write(await file.text());
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
