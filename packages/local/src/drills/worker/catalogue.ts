/**
 * A checksum of everything that a server's catalogues say, kind by kind: two servers with the same have the same tables, columns, rights
 * and code. What a restore changes on purpose (logins, passwords, subscriptions, slots) is left out, and what differs from server to
 * server anyway (numbers of objects, statistics). Reads, changes nothing.
 */
import { PLANE_ROLE, quoteLiteral, type Session } from '@larder/postgres';

/** By kind and database, as `tables of "app"`. */
export type Digest = Record<string, { count: number; sum: string }>;

/** @param open a session in that database, which is closed here */
export async function digestCatalogue(open: (database: string) => Promise<Session>): Promise<Digest> {
  const found: Digest = {};
  const names = await inSession(open, 'postgres', async session => {
    for (const [kind, sql] of Object.entries(OF_SERVER)) found[kind] = await sumOf(session, sql);
    return databasesOf(session);
  });
  for (const name of names) {
    await inSession(open, name, async session => {
      for (const [kind, sql] of Object.entries(OF_DATABASE))
        found[`${kind} of ${JSON.stringify(name)}`] = await sumOf(session, sql);
    });
  }
  return found;
}

/** Those that one can connect to. */
export async function databasesOf(session: Session): Promise<string[]> {
  const rows = await session.rows<{ name: string }>(
    'SELECT datname AS name FROM pg_database WHERE datallowconn ORDER BY datname',
  );
  return rows.map(({ name }) => name);
}

/** What `there` has otherwise than `here`, in words. Pure. */
export function differences(there: Digest, here: Digest): string[] {
  return [...new Set([...Object.keys(there), ...Object.keys(here)])].flatMap(kind => {
    const [a, b] = [there[kind], here[kind]];
    if (a?.sum === b?.sum) return [];
    if (a?.count === b?.count) return [`the ${kind} differ`];
    return [`there are ${b?.count ?? 0} ${kind} where the server had ${a?.count ?? 0}`];
  });
}

export async function inSession<T>(
  open: (database: string) => Promise<Session>,
  database: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await open(database);
  try {
    return await work(session);
  } finally {
    await session.close().catch(() => undefined);
  }
}

async function sumOf(session: Session, sql: string): Promise<{ count: number; sum: string }> {
  const [row] = await session.rows<{ count: string; sum: string }>(
    `SELECT count(*) AS count, md5(coalesce(string_agg(line, E'\\n' ORDER BY line COLLATE "C"), '')) AS sum
       FROM (SELECT row_to_json(seen)::text AS line FROM (${sql}) AS seen) AS lines`,
  );
  return { count: Number(row?.count), sum: row?.sum ?? '' };
}

const OWN = quoteLiteral(PLANE_ROLE);
const role = (oid: string): string => `pg_get_userbyid(${oid})`;
/** Temporary tables are of a session; the system's own schemas are those of the version. */
const USERS = `n.nspname !~ '^pg_(toast|temp|catalog$)' AND n.nspname <> 'information_schema'`;
const relation = `quote_ident(n.nspname) || '.' || quote_ident(c.relname)`;
const inRelations = `JOIN pg_class c ON c.oid = x.%s JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${USERS}`;
const of = (column: string): string => inRelations.replace('%s', column);

const OF_SERVER: Record<string, string> = {
  roles: `SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls
            FROM pg_roles WHERE rolname <> ${OWN} AND rolname !~ '^pg_'`,
  memberships: `SELECT ${role('roleid')} AS role, ${role('member')} AS member, admin_option FROM pg_auth_members`,
  databases: `SELECT datname, ${role('datdba')} AS owner, encoding, datcollate, datctype, datistemplate, datacl::text FROM pg_database`,
  'settings of roles and databases': `SELECT datname, ${role('setrole')} AS role, setconfig
            FROM pg_db_role_setting LEFT JOIN pg_database d ON d.oid = setdatabase
           WHERE setrole NOT IN (SELECT oid FROM pg_roles WHERE rolname = ${OWN})`,
};

const OF_DATABASE: Record<string, string> = {
  schemas: `SELECT n.nspname, ${role('n.nspowner')} AS owner, n.nspacl::text FROM pg_namespace n WHERE ${USERS}`,
  'tables and other relations': `SELECT ${relation} AS name, relkind, relpersistence, ${role('relowner')} AS owner, relacl::text, reloptions,
                 relrowsecurity, relforcerowsecurity, relreplident, pg_get_expr(relpartbound, c.oid) AS bound
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${USERS}`,
  columns: `SELECT ${relation} AS name, attnum, attname, format_type(atttypid, atttypmod) AS type, attnotnull, attidentity, attgenerated,
                 attacl::text, attcollation::regcollation::text AS collation, pg_get_expr(adbin, adrelid) AS expression
            FROM pg_attribute x LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum ${of('attrelid')} AND attnum > 0 AND NOT attisdropped`,
  constraints: `SELECT ${relation} AS name, conname, convalidated, pg_get_constraintdef(x.oid) AS text FROM pg_constraint x ${of('conrelid')}`,
  indexes: `SELECT ${relation} AS name, indisvalid, pg_get_indexdef(indexrelid) AS text FROM pg_index x ${of('indexrelid')}`,
  views: `SELECT ${relation} AS name, pg_get_viewdef(x.oid) AS text FROM pg_class x ${of('oid')} AND x.relkind IN ('v', 'm')`,
  rules: `SELECT ${relation} AS name, pg_get_ruledef(x.oid) AS text FROM pg_rewrite x ${of('ev_class')}`,
  triggers: `SELECT ${relation} AS name, tgenabled, pg_get_triggerdef(x.oid) AS text FROM pg_trigger x ${of('tgrelid')} AND NOT tgisinternal`,
  policies: `SELECT ${relation} AS name, polname, polcmd, polpermissive, pg_get_expr(polqual, polrelid) AS read,
                 pg_get_expr(polwithcheck, polrelid) AS write FROM pg_policy x ${of('polrelid')}`,
  sequences: `SELECT ${relation} AS name, seqtypid::regtype::text AS type, seqstart, seqincrement, seqmin, seqmax, seqcycle
            FROM pg_sequence x ${of('seqrelid')}`,
  functions: `SELECT n.nspname, proname, pg_get_function_identity_arguments(p.oid) AS arguments, prokind, prosecdef, provolatile, proconfig,
                 ${role('proowner')} AS owner, proacl::text, md5(prosrc) AS text, probin
            FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE ${USERS}`,
  types: `SELECT n.nspname, typname, typtype, ${role('typowner')} AS owner, format_type(typbasetype, typtypmod) AS base,
                 ARRAY(SELECT enumlabel FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder) AS labels
            FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE ${USERS}`,
  extensions: `SELECT extname, extversion, nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace`,
  publications: `SELECT pubname, ${role('pubowner')} AS owner, puballtables, pubinsert, pubupdate, pubdelete FROM pg_publication`,
};
