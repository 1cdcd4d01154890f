/** What a server says of its databases: whose they are, and whether a claim may give rights on them. */
import type { Session } from '@larder/driver';

export interface DatabaseFacts {
  oid: number;
  name: string;
  owner: string;
  ownerIsSuperuser: boolean;
  connectable: boolean;
  template: boolean;
  /** The comment: where our mark stands. */
  comment: string | null;
}

/** Those that are there, of those named. */
export async function observeDatabases(session: Session, names: string[]): Promise<Map<string, DatabaseFacts>> {
  const rows = await session.rows<DatabaseFacts & { name: string }>(
    `SELECT d.oid::int8::float8 AS oid, d.datname AS name, r.rolname AS owner, r.rolsuper AS "ownerIsSuperuser",
            d.datallowconn AS connectable, d.datistemplate AS template,
            pg_catalog.shobj_description(d.oid, 'pg_database') AS comment
       FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles r ON r.oid = d.datdba WHERE d.datname = ANY ($1)`,
    [names],
  );
  return new Map(rows.map(row => [row.name, row]));
}

/** Roles that own a database: being a member of one is the privilege `owner`. */
export async function observeDatabaseOwners(session: Session): Promise<string[]> {
  const rows = await session.rows<{ name: string }>(
    'SELECT DISTINCT r.rolname AS name FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles r ON r.oid = d.datdba',
  );
  return rows.map(({ name }) => name);
}
