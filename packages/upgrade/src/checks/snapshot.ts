/** What a server holds, as far as an upgrade depends on it; read by queries of ours, so that the checks are pure. */
import type { Session } from '@larder/driver';
import { inDatabase, listDatabases, type Side } from '../side.ts';

export interface DatabaseSnapshot {
  name: string;
  bytes: number;
  provider: string;
  largeObjects: number;
  /** Names, at most a hundred of each. */
  unlogged: string[];
  foreign: string[];
  keyless: string[];
  views: string[];
  invalidIndexes: string[];
  /** Tables that belong to extensions: their rows came with them. */
  extensionTables: string[];
  /** Enabled also for changes that come by replication. */
  triggers: string[];
  eventTriggers: string[];
  publications: string[];
  subscriptions: string[];
  /** What superusers own, except what came with the server or an extension. */
  superuserObjects: string[];
  /** Depends on collations of the system's or ICU's libraries. */
  collatedIndexes: string[];
  /** Exclusion constraints and deferrable keys, by which rows can't be told. */
  extensions: { name: string; version: string }[];
}

export interface ServerSnapshot {
  major: number;
  databases: DatabaseSnapshot[];
  /** Not the upgrade's own. */
  slots: { name: string; active: boolean }[];
  freeSlots: number;
  freeSenders: number;
  walLevel: string;
  prepared: number;
  tablespaces: string[];
  /** Of roles and databases. */
  storedSettings: string[];
  securityLabels: number;
  /** Parameters that were granted to roles. */
  grantedSettings: string[];
}

export async function readSnapshot(side: Side): Promise<ServerSnapshot> {
  const databases: DatabaseSnapshot[] = [];
  for (const name of await listDatabases(side)) {
    databases.push(await inDatabase(side, name, session => readDatabase(session, name), { statementMs: 120_000 }));
  }
  return inDatabase(side, 'postgres', async session => ({ databases, ...(await readServer(session)) }));
}

async function readServer(session: Session): Promise<Omit<ServerSnapshot, 'databases'>> {
  const [row] = await session.rows<Omit<ServerSnapshot, 'databases' | 'slots'>>(
    `SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('wal_level') AS "walLevel",
            current_setting('max_replication_slots')::int - (SELECT count(*)::int FROM pg_replication_slots) AS "freeSlots",
            current_setting('max_wal_senders')::int - (SELECT count(*)::int FROM pg_stat_replication) AS "freeSenders",
            (SELECT count(*)::int FROM pg_prepared_xacts) AS prepared,
            ARRAY(SELECT spcname::text FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')) AS tablespaces,
            ARRAY(SELECT DISTINCT split_part(c, '=', 1) FROM pg_db_role_setting, unnest(setconfig) c ORDER BY 1) AS "storedSettings",
            (SELECT count(*)::int FROM pg_seclabel) + (SELECT count(*)::int FROM pg_shseclabel) AS "securityLabels"`,
  );
  const slots = await session.rows<{ name: string; active: boolean }>(
    `SELECT slot_name::text AS name, active FROM pg_replication_slots
      WHERE slot_name !~ '^(larder_upgrade|larder_return)_' AND NOT temporary ORDER BY 1`,
  );
  // A kind of right that 15 brought.
  const granted =
    (row?.major ?? 0) < 15
      ? []
      : await session.rows<{ name: string }>('SELECT parname AS name FROM pg_parameter_acl ORDER BY 1');
  return { ...row!, slots, grantedSettings: granted.map(({ name }) => name) };
}

const OURS = `n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp%'`;
const OF_EXTENSION = (id: string, catalogue: string): string =>
  `EXISTS (SELECT FROM pg_depend x WHERE x.classid = '${catalogue}'::regclass AND x.objid = ${id} AND x.deptype = 'e')`;
const RELATIONS = `FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${OURS}`;
const NAME = "format('%I.%I', n.nspname, c.relname)";
const names = (sql: string): string => `ARRAY(${sql} ORDER BY 1 LIMIT 100)`;

async function readDatabase(session: Session, name: string): Promise<DatabaseSnapshot> {
  const [row] = await session.rows<DatabaseSnapshot>(
    `SELECT pg_database_size(current_database())::float8 AS bytes,
       (SELECT datlocprovider::text FROM pg_database WHERE datname = current_database()) AS provider,
       (SELECT count(*)::int FROM pg_largeobject_metadata) AS "largeObjects",
       ${names(`SELECT ${NAME} ${RELATIONS} AND c.relkind = 'r' AND c.relpersistence = 'u'`)} AS unlogged,
       ${names(`SELECT ${NAME} ${RELATIONS} AND c.relkind = 'f'`)} AS foreign,
       ${names(`SELECT ${NAME} ${RELATIONS} AND c.relkind = 'm'`)} AS views,
       ${names(`SELECT ${NAME} ${RELATIONS} AND c.relkind = 'r' AND c.relpersistence = 'p' AND c.relreplident <> 'f'
          AND NOT ${OF_EXTENSION('c.oid', 'pg_class')} AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisvalid
            AND (c.relreplident = 'd' AND i.indisprimary OR c.relreplident = 'i' AND i.indisreplident))`)} AS keyless,
       ${names(`SELECT ${NAME} ${RELATIONS} AND c.relkind = 'r' AND ${OF_EXTENSION('c.oid', 'pg_class')}`)} AS "extensionTables",
       ${names(`SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
          JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${OURS} AND NOT i.indisvalid AND c.relkind = 'i'`)} AS "invalidIndexes",
       ${names(`SELECT format('%I on %s', t.tgname, t.tgrelid::regclass) FROM pg_trigger t WHERE NOT t.tgisinternal AND t.tgenabled IN ('A', 'R')`)} AS triggers,
       ${names(`SELECT evtname::text FROM pg_event_trigger e WHERE NOT ${OF_EXTENSION('e.oid', 'pg_event_trigger')}`)} AS "eventTriggers",
       ${names(`SELECT pubname::text FROM pg_publication WHERE pubname NOT IN ('larder_upgrade', 'larder_return')`)} AS publications,
       ${names(`SELECT subname::text FROM pg_subscription WHERE subname NOT IN ('larder_upgrade', 'larder_return')
          AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())`)} AS subscriptions,
       ${names(`SELECT pg_describe_object(d.classid, d.objid, 0) FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid
          WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype = 'o' AND r.rolsuper AND r.oid <> 10 AND d.classid <> 'pg_extension'::regclass
            AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = d.classid AND x.objid = d.objid AND x.deptype = 'e')
          UNION SELECT format('table %s.%s', n.nspname, c.relname) ${RELATIONS} AND c.relowner = 10 AND c.oid >= 16384
            AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND NOT ${OF_EXTENSION('c.oid', 'pg_class')}
          UNION SELECT 'function ' || p.oid::regprocedure::text FROM pg_proc p WHERE p.proowner = 10 AND p.oid >= 16384
            AND NOT ${OF_EXTENSION('p.oid', 'pg_proc')}
          UNION SELECT 'schema ' || n.nspname FROM pg_namespace n WHERE ${OURS} AND n.nspowner = 10 AND n.oid >= 16384
            AND NOT ${OF_EXTENSION('n.oid', 'pg_namespace')}`)} AS "superuserObjects",
       ${names(`SELECT DISTINCT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
          JOIN pg_namespace n ON n.oid = c.relnamespace, unnest(i.indcollation::oid[]) o JOIN pg_collation l ON l.oid = o
          WHERE ${OURS} AND l.collprovider IN ('c', 'i') AND l.collcollate IS DISTINCT FROM 'C' AND l.collcollate IS DISTINCT FROM 'POSIX'`)} AS "collatedIndexes"`,
  );
  const extensions = await session.rows<{ name: string; version: string }>(
    "SELECT extname::text AS name, extversion AS version FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1",
  );
  return { ...row!, name, extensions };
}
