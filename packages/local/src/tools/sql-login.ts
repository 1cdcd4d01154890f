/** How `larder-sql` logs in: with a mounted secret, the secret's keys in the environment, or libpq's variables. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError, type SqlArguments } from './sql-arguments.ts';

export interface SqlLogin {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  /** PEM. */
  ca: string;
}

interface Places {
  environment: Record<string, string | undefined>;
  locate?: (path: string) => string;
}

/** The key of a connection secret, and the variable that libpq reads for it. */
const KEYS: Record<string, string> = {
  endpoint: 'PGHOST',
  port: 'PGPORT',
  username: 'PGUSER',
  password: 'PGPASSWORD',
  database: 'PGDATABASE',
  'ca.crt': 'PGSSLROOTCERT',
};

/** @throws UsageError that names what lacks */
export function findLogin(
  { secret }: Pick<SqlArguments, 'secret'>,
  { environment, locate = path => path }: Places,
): SqlLogin {
  const read = (key: string): string => {
    const value = secret === undefined ? environmentValue(environment, key) : fileValue(locate(secret), secret, key);
    if (value !== undefined && value !== '') return value;
    const where =
      secret === undefined ? `set ${KEYS[key]}, or give --secret FOLDER` : `"${secret}" has no key "${key}"`;
    throw new UsageError(`cannot connect: the ${key} is unknown; ${where}`);
  };
  const ca = read('ca.crt');
  return {
    host: read('endpoint'),
    port: Number(read('port')),
    user: read('username'),
    password: read('password'),
    database: read('database'),
    ca: ca.includes('-----BEGIN') ? ca : readCertificate(locate(ca), ca),
  };
}

function environmentValue(environment: Places['environment'], key: string): string | undefined {
  return environment[key] ?? environment[KEYS[key]!];
}

function fileValue(folder: string, shown: string, key: string): string | undefined {
  try {
    return readFileSync(join(folder, key), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UsageError(`cannot read "${join(shown, key)}": ${(error as NodeJS.ErrnoException).code}`);
  }
}

function readCertificate(path: string, shown: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read the certificate "${shown}": ${(error as NodeJS.ErrnoException).code}`);
  }
}
