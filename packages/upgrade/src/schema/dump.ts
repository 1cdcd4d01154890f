/**
 * The schema of a database as pg_dump prints it. The program is the WebAssembly build that comes with the install: it starts no
 * server, needs no package of the system, and gets a session that is logged in already, so it never sees a password.
 */
import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { connectRaw } from '@larder/driver';
import type { Side } from '../side.ts';

/** The major of the pg_dump that comes with the install: newer servers than this can't be read by it. */
export const DUMP_MAJOR = 18;

/**
 * Who may do what is copied by queries of our own (they know of grantors and of roles), what replicates is set up by the upgrade,
 * and where files lie is the new server's business.
 */
const WHAT = [
  '--schema-only',
  '--no-privileges',
  '--no-publications',
  '--no-subscriptions',
  '--no-tablespaces',
  '--quote-all-identifiers',
];

export interface DumpOptions {
  /** For each lock that pg_dump takes (ms); it only reads, but DDL that waits is in its way. @default 30_000 */
  lockMs?: number;
  /** @default 600_000 */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** The dump as it was printed. @throws Error in pg_dump's own words */
export async function dumpSchema(side: Side, database: string, options: DumpOptions = {}): Promise<string> {
  const { lockMs = 30_000, timeoutMs = 600_000, signal } = options;
  const session = await connectRaw(side.endpoint, { ...side.login, database }, { statementMs: timeoutMs });
  try {
    const args = [...WHAT, `--lock-wait-timeout=${lockMs}`, `--dbname=${quotedName(database)}`];
    return await runDump(session.stream, [JSON.stringify(session.parameters), ...args], timeoutMs, signal);
  } finally {
    session.close();
  }
}

/** A name with an equals sign in it would be taken for a connection string. */
function quotedName(database: string): string {
  return `dbname='${database.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

async function runDump(stream: Duplex, args: string[], timeoutMs: number, signal?: AbortSignal): Promise<string> {
  const [program = '', ...rest] = [...dumpCommand(), ...args];
  const stdio = ['ignore', 'pipe', 'pipe', 'pipe'] as const;
  const child = spawn(program, rest, { cwd: '/', stdio: [...stdio], env: {}, timeout: timeoutMs, signal });
  const wire = child.stdio[3] as Duplex;
  // Both ends may go at any time: how it ended is told by the child's exit.
  wire.on('error', () => undefined);
  stream.pipe(wire).pipe(stream);
  stream.once('close', () => wire.destroy());
  const [out, said] = [collect(child.stdout!), collect(child.stderr!)];
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return out();
  throw new Error(
    `cannot read the schema: ${said().trim().split('\n').slice(-3).join('; ') || `pg_dump ended with ${code}`}`,
  );
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}

/** From the sources with tsx, or from the bundle that we run from. */
function dumpCommand(): string[] {
  const here = import.meta.url;
  if (!here.endsWith('.ts')) return [process.execPath, fileURLToPath(new URL('./larder-dump.js', here))];
  return [process.execPath, '--import', import.meta.resolve('tsx'), fileURLToPath(new URL('./dump-main.ts', here))];
}
