/** One of the two servers of an upgrade, as the plane reaches it. */
import { withSession, type ConnectOptions, type Endpoint, type Login, type Session } from '@larder/driver';

export interface Side {
  /** The socket, which only the plane can use. */
  endpoint: Endpoint;
  /** The plane's own role: a superuser. */
  login: Omit<Login, 'database'>;
}

export async function inDatabase<T>(
  { endpoint, login }: Side,
  database: string,
  work: (session: Session) => Promise<T>,
  options?: ConnectOptions,
): Promise<T> {
  return withSession(endpoint, { ...login, database }, work, options);
}

/** Databases that people use, sorted; templates and those that nobody may enter are the servers' own. */
export async function listDatabases(side: Side): Promise<string[]> {
  const rows = await inDatabase(side, 'postgres', session =>
    session.rows<{ name: string }>(
      'SELECT datname::text AS name FROM pg_catalog.pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname',
    ),
  );
  return rows.map(({ name }) => name);
}
