/** Runs the system's psql: verified TLS, the password in a file that only its owner may read, both files gone at the end. */
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Connection } from './connection.ts';

/** A program's path, searched for as a shell does. */
export function findProgram(name: string, path: string = process.env.PATH ?? ''): string | undefined {
  const candidates = path
    .split(delimiter)
    .filter(Boolean)
    .map(folder => join(folder, name));
  return candidates.find(isExecutable);
}

/** psql's exit code. */
export async function runPsql(program: string, connection: Connection, args: string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'larder-psql-'));
  // Ctrl-C is psql's to act on: it cancels a statement there, and must not end us before the files are gone.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  try {
    const child = spawn(program, args, { stdio: 'inherit', env: environmentOf(connection, folder) });
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)));
    });
  } finally {
    process.removeListener('SIGINT', ignore);
    rmSync(folder, { recursive: true, force: true });
  }
}

function environmentOf(
  { endpoint, port, username, password, database, ca }: Connection,
  folder: string,
): NodeJS.ProcessEnv {
  const [passFile, caFile] = [join(folder, 'pgpass'), join(folder, 'ca.crt')];
  writeFileSync(passFile, `*:*:*:*:${password.replace(/[\\:]/g, '\\$&')}\n`, { mode: 0o600 });
  writeFileSync(caFile, ca, { mode: 0o600 });
  // Whatever else the user has set for libpq belongs to other servers.
  const others = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !key.startsWith('PG') || key === 'PGOPTIONS'),
  );
  return {
    ...others,
    PGHOST: endpoint,
    PGPORT: port,
    PGUSER: username,
    PGDATABASE: database,
    PGPASSFILE: passFile,
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: caFile,
    PGREQUIREAUTH: 'scram-sha-256',
  };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
