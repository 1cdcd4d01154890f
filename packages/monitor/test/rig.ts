/** A plain PostgreSQL with a login for measuring: `pg_monitor`, and nothing else. */
import { readFileSync } from 'node:fs';
import { scramVerifier } from '@larder/driver';
import { findMetric } from '@larder/catalog';
import { ServerMonitor, type Measured, type ServerReading } from '@larder/monitor';
import { makeMachine, type Scope } from '../../postgres/test/machine.ts';
import { findBin, startPlainServer, type PlainServer } from '../../sql/test/plain-server.ts';

export const PASSWORD = 'of who measures';

export interface Measuring {
  server: PlainServer;
  major: number;
  monitor: ServerMonitor;
  /** Runs statements as the superuser. */
  sql(text: string, database?: string): Promise<void>;
}

/** `undefined` when the release isn't here. @param release an npm build; absent: the one that comes with Larder */
export async function makeMeasuring(scope: Scope, release?: string, fetch = false): Promise<Measuring | undefined> {
  const bin =
    release === undefined ? (await makeMachine(scope)).binaries.bin : await findBin(scope, release, { fetch });
  if (bin === undefined) return undefined;
  const server = await startPlainServer(scope, bin);
  const sql = async (text: string, database?: string): Promise<void> => {
    await server.asSuperuser(session => session.batch(text), database);
  };
  await sql(
    `CREATE ROLE measures LOGIN CONNECTION LIMIT 20 PASSWORD '${await scramVerifier(PASSWORD)}'; GRANT pg_monitor TO measures`,
  );
  const [row] = await server.asSuperuser(session =>
    session.rows<{ v: string }>(`SELECT current_setting('server_version_num') AS v`),
  );
  const monitor = new ServerMonitor({
    name: 'one',
    endpoint: { host: 'localhost', port: server.port, ca: server.ca },
    login: { user: 'measures', password: PASSWORD },
    // A machine with much to do isn't a server that hangs.
    answerMs: 60_000,
  });
  scope.defer(() => monitor.stop());
  return { server, major: Math.floor(Number(row?.v) / 10_000), monitor, sql };
}

/** All that was measured, in one. */
export function allOf({ parts }: ServerReading): Measured {
  const all: Measured = new Map();
  for (const part of parts.values())
    for (const [name, samples] of part) all.set(name, [...(all.get(name) ?? []), ...samples]);
  return all;
}

/** The value with just these labels. */
export function valueWith(measured: Measured, name: string, labels: Record<string, string> = {}): number | undefined {
  const names = findMetric(name)?.labels ?? [];
  return measured
    .get(name)
    ?.find(sample => Object.entries(labels).every(([label, value]) => sample.labels?.[names.indexOf(label)] === value))
    ?.value;
}

/** The process that all others of the server come from. */
export function postmasterOf(server: PlainServer): Promise<number> {
  // While the session is open: afterwards its process is gone.
  return server.asSuperuser(async session => {
    const [[[pid] = []] = []] = await session.batch('SELECT pg_catalog.pg_backend_pid()');
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1]);
  });
}
