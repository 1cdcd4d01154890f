/** The tables of a database that replication carries, and how it recognises their rows. */
import { quoteIdentifier, type Session } from '@larder/driver';

export interface Table {
  schema: string;
  name: string;
  /** As it stands in pg_class: default, nothing, full, index. */
  identity: 'd' | 'n' | 'f' | 'i';
  /** Whether updates and deletes can be told by it. */
  recognised: boolean;
}

/** A table whose rows had nothing to be recognised by, and what it said of that before. */
export interface Keyless {
  schema: string;
  name: string;
  identity: 'd' | 'n' | 'i';
}

export async function listTables(session: Session): Promise<Table[]> {
  return session.rows<Table>(
    `SELECT n.nspname::text AS schema, c.relname::text AS name, c.relreplident::text AS identity,
            c.relreplident = 'f'
            OR EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisvalid
                          AND (c.relreplident = 'd' AND i.indisprimary OR c.relreplident = 'i' AND i.indisreplident)) AS recognised
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp%'
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
      ORDER BY 1, 2`,
  );
}

export function qualified({ schema, name }: { schema: string; name: string }): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

/** To be written down before anything is changed: it is what is put back. */
export function keylessOf(tables: Table[]): Keyless[] {
  return tables
    .filter(({ recognised }) => !recognised)
    .map(({ schema, name, identity }) => ({ schema, name, identity: identity as Keyless['identity'] }));
}

/** Whole rows become their own key, before anything is published: without it their updates would fail. May run twice. */
export async function recogniseRows(session: Session, keyless: Keyless[], lockMs: number): Promise<void> {
  for (const table of keyless) await alter(session, table, 'FULL', lockMs);
}

/** As it was before; a table that is gone meanwhile needs nothing. May run twice. */
export async function forgetRows(session: Session, keyless: Keyless[], lockMs: number): Promise<void> {
  const tables = await listTables(session);
  for (const table of keyless) {
    const now = tables.find(({ schema, name }) => schema === table.schema && name === table.name);
    // An index that was said to be it, but is gone, can't be said again: neither recognises anything.
    if (now?.identity === 'f') await alter(session, table, table.identity === 'd' ? 'DEFAULT' : 'NOTHING', lockMs);
  }
}

/** With a short wait: whoever waits for such a lock makes all others wait behind it. */
async function alter(session: Session, table: Keyless, to: string, lockMs: number): Promise<void> {
  await session.rows(`SET lock_timeout = ${Math.ceil(lockMs)}`);
  await session
    .rows(`ALTER TABLE ONLY ${qualified(table)} REPLICA IDENTITY ${to}`)
    .catch((error: Error & { code?: string }) => {
      if (error.code !== '55P03') throw error;
      throw new BusyError(`the table ${qualified(table)} is locked by somebody for longer than ${lockMs} ms`);
    });
}

/** Nothing is broken: it may go the next time. */
export class BusyError extends Error {}
