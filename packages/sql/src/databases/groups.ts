/**
 * The two groups of a database, whose members read or write everything in it, also what is made later. They are named by the
 * database's oid, which a rename doesn't change and no other database has.
 */
import { quoteIdentifier, quoteLiteral, type Session } from '@larder/driver';
import { isPostgresError } from '../access/trouble.ts';
import type { DatabaseFacts } from './facts.ts';

export interface Groups {
  readonly: string;
  readwrite: string;
}

export function groupsOf({ oid }: Pick<DatabaseFacts, 'oid'>): Groups {
  return { readonly: `larder_readonly_${oid}`, readwrite: `larder_readwrite_${oid}` };
}

/** Whether a role is one of these groups. */
export function isGroup(role: string): boolean {
  return /^larder_read(only|write)_[0-9]+$/.test(role);
}

export interface Prepared {
  /** What could not be granted, one sentence each; empty when all holds. */
  problems: string[];
  /** What PUBLIC, and so everybody, or every reader may write there: its owner gave it. */
  open: string[];
}

export interface PrepareOptions {
  /** PUBLIC loses what it has there: only where Larder made the database. */
  closed: boolean;
}

/** Brings the groups' rights in line; writes nothing where nothing lacks. `session` is with that database. */
export async function prepareDatabase(
  session: Session,
  facts: DatabaseFacts,
  { closed }: PrepareOptions,
): Promise<Prepared> {
  const groups = groupsOf(facts);
  await ensureGroups(session, facts, groups);
  const problems = new Map<string, string>();
  for (const { statement, about, may } of await lacking(session, facts, groups, closed)) {
    // PostgreSQL only warns who may not grant, says that it has been done, and writes the row again.
    if (!may) problems.set(about, 'the login of the secret may not grant that');
    else
      await session.rows(statement).catch((error: unknown) => {
        if (!isPostgresError(error)) throw error;
        problems.set(about, error.message);
      });
  }
  return {
    problems: [...problems].map(([about, why]) => `${about}: ${why}`),
    open: await rightsToWrite(session, groups),
  };
}

async function rightsToWrite(session: Session, { readonly }: Groups): Promise<string[]> {
  const rows = await session.rows<{ right: string }>(WRITES, [readonly]);
  return rows.map(({ right }) => right);
}

async function ensureGroups(session: Session, { name }: DatabaseFacts, groups: Groups): Promise<void> {
  const wanted = Object.entries(groups) as [string, string][];
  const rows = await session.rows<{ name: string }>(
    'SELECT rolname AS name FROM pg_catalog.pg_roles WHERE rolname = ANY ($1)',
    [wanted.map(([, group]) => group)],
  );
  for (const [privilege, group] of wanted) {
    if (rows.some(row => row.name === group)) continue;
    const role = quoteIdentifier(group);
    const comment = quoteLiteral(`larder.dev ${privilege} of the database ${name}`);
    await session.rows(`CREATE ROLE ${role} NOLOGIN; COMMENT ON ROLE ${role} IS ${comment}`);
  }
}

interface Lacking {
  statement: string;
  /** What it is about, for who is told that it failed. */
  about: string;
  /** Whether it is ours to grant. */
  may: boolean;
}

interface LackRow {
  kind: 'database' | 'public' | 'schema' | 'table' | 'sequence' | 'default';
  /** The object, quoted; of `default`, the role that makes objects. */
  object: string;
  /** The grantee, or the schema that PUBLIC may create in. */
  grantee: string;
  privileges: string;
  may: boolean;
}

async function lacking(session: Session, facts: DatabaseFacts, groups: Groups, closed: boolean): Promise<Lacking[]> {
  const rows = await session.rows<LackRow>(LACKING, [groups.readonly, groups.readwrite, facts.oid]);
  const open = closed ? await session.rows<LackRow>(OPEN, [facts.oid]) : [];
  return [...open, ...rows].map(row => ({ statement: statementOf(row), about: aboutOf(row), may: row.may }));
}

function aboutOf({ kind, object }: LackRow): string {
  return kind === 'public' ? `what PUBLIC may in ${object}` : `${kind} ${object}`;
}

function statementOf({ kind, object, grantee, privileges }: LackRow): string {
  if (kind === 'public') return `REVOKE ${privileges} ON ${object} FROM PUBLIC`;
  const to = quoteIdentifier(grantee);
  if (kind !== 'default') return `GRANT ${privileges} ON ${kind.toUpperCase()} ${object} TO ${to}`;
  return `ALTER DEFAULT PRIVILEGES FOR ROLE ${object} GRANT ${privileges} TO ${to}`;
}

/** What PUBLIC has in a database of ours and shouldn't: connecting, temporary tables, making things in `public`. */
const OPEN = `
  SELECT 'public' AS kind, 'DATABASE ' || pg_catalog.quote_ident(d.datname) AS object, '' AS grantee,
         pg_catalog.string_agg(a.privilege_type, ', ') AS privileges, pg_catalog.pg_has_role(d.datdba, 'USAGE') AS may
    FROM pg_catalog.pg_database d,
         LATERAL pg_catalog.aclexplode(COALESCE(d.datacl, pg_catalog.acldefault('d', d.datdba))) a
   WHERE d.oid = $1::int8::oid AND a.grantee = 0 GROUP BY d.datname, d.datdba
  UNION ALL
  SELECT 'public', 'SCHEMA public', '', 'CREATE', pg_catalog.pg_has_role(n.nspowner, 'USAGE')
    FROM pg_catalog.pg_namespace n, LATERAL pg_catalog.aclexplode(n.nspacl) a
   WHERE n.nspname = 'public' AND a.grantee = 0 AND a.privilege_type = 'CREATE'`;

/** What the groups lack. Who makes objects there: who owns the database, or a schema or relation in it; but never the bootstrap superuser. */
const LACKING = `
  WITH groups (name, writes) AS (VALUES ($1::text, false), ($2::text, true)),
  grantee AS (SELECT g.name, g.writes, r.oid FROM groups g JOIN pg_catalog.pg_roles r ON r.rolname = g.name),
  space AS (SELECT n.oid, n.nspname, n.nspowner, n.nspacl FROM pg_catalog.pg_namespace n
             WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'),
  relation AS (SELECT c.oid, c.relkind, c.relowner, pg_catalog.quote_ident(s.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS name
                 FROM pg_catalog.pg_class c JOIN space s ON s.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')),
  maker AS (SELECT datdba AS oid FROM pg_catalog.pg_database WHERE oid = $3::int8::oid
            UNION SELECT nspowner FROM space UNION SELECT relowner FROM relation),
  granted AS (SELECT d.defaclrole, d.defaclobjtype, a.grantee
                FROM pg_catalog.pg_default_acl d, LATERAL pg_catalog.aclexplode(d.defaclacl) a WHERE d.defaclnamespace = 0),
  wanted (objtype, writes, privileges) AS (VALUES
    ('r', false, 'SELECT ON TABLES'), ('r', true, 'SELECT, INSERT, UPDATE, DELETE ON TABLES'),
    ('S', false, 'SELECT ON SEQUENCES'), ('S', true, 'SELECT, USAGE, UPDATE ON SEQUENCES'),
    ('n', false, 'USAGE ON SCHEMAS'), ('n', true, 'USAGE ON SCHEMAS'))
  SELECT 'database' AS kind, pg_catalog.quote_ident(d.datname) AS object, g.name AS grantee,
         CASE WHEN g.writes THEN 'CONNECT, TEMPORARY' ELSE 'CONNECT' END AS privileges,
         pg_catalog.has_database_privilege(d.oid, 'CONNECT WITH GRANT OPTION') AS may
    FROM pg_catalog.pg_database d CROSS JOIN grantee g
   WHERE d.oid = $3::int8::oid AND CASE WHEN g.writes THEN 2 ELSE 1 END > (
         SELECT pg_catalog.count(*) FROM pg_catalog.aclexplode(d.datacl) a
          WHERE a.grantee = g.oid AND (a.privilege_type = 'CONNECT' OR (g.writes AND a.privilege_type = 'TEMPORARY')))
  UNION ALL
  SELECT 'schema', pg_catalog.quote_ident(s.nspname), g.name, 'USAGE',
         pg_catalog.has_schema_privilege(s.oid, 'USAGE WITH GRANT OPTION') FROM space s CROSS JOIN grantee g
   WHERE NOT EXISTS (SELECT FROM pg_catalog.aclexplode(s.nspacl) a WHERE a.grantee = g.oid AND a.privilege_type = 'USAGE')
  UNION ALL
  SELECT 'table', t.name, g.name, CASE WHEN g.writes THEN 'SELECT, INSERT, UPDATE, DELETE' ELSE 'SELECT' END,
         pg_catalog.has_table_privilege(t.oid, 'SELECT WITH GRANT OPTION')
    FROM relation t CROSS JOIN grantee g
   WHERE t.relkind <> 'S' AND NOT (pg_catalog.has_table_privilege(g.oid, t.oid, 'SELECT')
     AND (NOT g.writes OR (pg_catalog.has_table_privilege(g.oid, t.oid, 'INSERT')
       AND pg_catalog.has_table_privilege(g.oid, t.oid, 'UPDATE') AND pg_catalog.has_table_privilege(g.oid, t.oid, 'DELETE'))))
  UNION ALL
  SELECT 'sequence', t.name, g.name, CASE WHEN g.writes THEN 'SELECT, USAGE, UPDATE' ELSE 'SELECT' END,
         pg_catalog.has_sequence_privilege(t.oid, 'SELECT WITH GRANT OPTION')
    FROM relation t CROSS JOIN grantee g
   WHERE t.relkind = 'S' AND NOT (pg_catalog.has_sequence_privilege(g.oid, t.oid, 'SELECT')
     AND (NOT g.writes OR (pg_catalog.has_sequence_privilege(g.oid, t.oid, 'USAGE')
       AND pg_catalog.has_sequence_privilege(g.oid, t.oid, 'UPDATE'))))
  UNION ALL
  SELECT 'default', pg_catalog.quote_ident(r.rolname), g.name, w.privileges, pg_catalog.pg_has_role(m.oid, 'USAGE')
    FROM maker m JOIN pg_catalog.pg_roles r ON r.oid = m.oid CROSS JOIN grantee g JOIN wanted w ON w.writes = g.writes
   WHERE m.oid <> 10 AND r.rolname !~ '^pg_' AND NOT EXISTS (
         SELECT FROM granted x WHERE x.defaclrole = m.oid AND x.defaclobjtype = w.objtype AND x.grantee = g.oid)`;

/** What PUBLIC or readers may write, most telling first, five at most. */
const WRITES = `
  WITH anybody AS (SELECT 0::oid AS oid UNION ALL SELECT oid FROM pg_catalog.pg_roles WHERE rolname = $1),
  space AS (SELECT oid, nspacl, pg_catalog.quote_ident(nspname) AS name FROM pg_catalog.pg_namespace
             WHERE nspname <> 'information_schema' AND nspname !~ '^pg_'),
  relation AS (SELECT c.oid, c.relacl, s.name || '.' || pg_catalog.quote_ident(c.relname) AS name
                 FROM pg_catalog.pg_class c JOIN space s ON s.oid = c.relnamespace),
  writing (privilege) AS (VALUES ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE'))
  SELECT * FROM (
    SELECT 'create objects in schema ' || s.name AS "right"
      FROM space s, LATERAL pg_catalog.aclexplode(s.nspacl) a JOIN anybody ON anybody.oid = a.grantee
     WHERE a.privilege_type = 'CREATE'
    UNION
    SELECT 'write to table ' || t.name
      FROM relation t, LATERAL pg_catalog.aclexplode(t.relacl) a JOIN anybody ON anybody.oid = a.grantee
      JOIN writing ON writing.privilege = a.privilege_type
    UNION
    SELECT 'write to columns of table ' || t.name
      FROM relation t JOIN pg_catalog.pg_attribute c ON c.attrelid = t.oid,
           LATERAL pg_catalog.aclexplode(c.attacl) a JOIN anybody ON anybody.oid = a.grantee
      JOIN writing ON writing.privilege = a.privilege_type
    UNION
    SELECT 'write to tables that ' || pg_catalog.quote_ident(r.rolname) || ' makes'
      FROM pg_catalog.pg_default_acl d JOIN pg_catalog.pg_roles r ON r.oid = d.defaclrole,
           LATERAL pg_catalog.aclexplode(d.defaclacl) a JOIN anybody ON anybody.oid = a.grantee
      JOIN writing ON writing.privilege = a.privilege_type
     WHERE d.defaclobjtype = 'r'
  ) AS found ORDER BY 1 LIMIT 5`;
