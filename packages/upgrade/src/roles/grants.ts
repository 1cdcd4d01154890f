/** Who may do what in a database, read from one server and written on another: grantors, options and all. */
import { quoteIdentifier as name, type Session } from '@larder/driver';
import { inDatabase, type Side } from '../side.ts';

/** One right, as `aclexplode` tells it, on an object named as GRANT names it. */
export interface Grant {
  /** `TABLE "public"."t"`, or with its columns apart. */
  object: string;
  column: string | null;
  owner: string;
  grantor: string;
  /** `null` is everybody. */
  grantee: string | null;
  privilege: string;
  grantable: boolean;
}

/** What objects that are made later will be like: `ALTER DEFAULT PRIVILEGES`. */
export interface DefaultGrant extends Omit<Grant, 'object' | 'column' | 'grantor'> {
  schema: string | null;
  /** `TABLES`, `SEQUENCES`, … */
  kind: string;
}

export interface Grants {
  /** Objects that don't have the rights that new ones have. Those without any are here too. */
  objects: { object: string; column: string | null; owner: string }[];
  rights: Grant[];
  defaultObjects: { owner: string; schema: string | null; kind: string }[];
  defaults: DefaultGrant[];
}

/** May run twice. @throws Error when the new server doesn't have the same rights afterwards */
export async function copyGrants(source: Side, target: Side, database: string): Promise<void> {
  const from = await inDatabase(source, database, readGrants);
  await inDatabase(target, database, async session => {
    // No trigger of a tenant's hears of it.
    await session.rows("SET session_replication_role = 'replica'");
    for (const { as, sql } of planGrants(from)) {
      await session.rows(as === undefined ? 'RESET ROLE' : `SET ROLE ${name(as)}`);
      await session.rows(sql);
    }
    await session.rows('RESET ROLE');
    const missing = differenceOf(from, await readGrants(session));
    if (missing) throw new Error(`cannot carry over who may do what in ${JSON.stringify(database)}: ${missing}`);
  });
}

/** What the plane, a superuser, gives counts as given by the owner; another who gave has to be `as`. */
export interface GrantStep {
  as?: string;
  sql: string;
}

/** In an order in which each grantor has the right when it gives it. Pure. */
export function planGrants({ objects, rights, defaultObjects, defaults }: Grants): GrantStep[] {
  const cleared = objects.flatMap(({ object, column, owner }) =>
    ['PUBLIC', name(owner)].map(whom => ({ sql: `REVOKE ALL${columnOf(column)} ON ${object} FROM ${whom}` })),
  );
  const given = inOrder(rights).map(({ object, column, owner, grantor, grantee, privilege, grantable }) => ({
    ...(grantor === owner ? {} : { as: grantor }),
    sql: `GRANT ${privilege}${columnOf(column)} ON ${object} TO ${whomOf(grantee)}${grantable ? ' WITH GRANT OPTION' : ''}`,
  }));
  const lead = ({ owner, schema }: { owner: string; schema: string | null }): string =>
    `ALTER DEFAULT PRIVILEGES FOR ROLE ${name(owner)}${schema === null ? '' : ` IN SCHEMA ${name(schema)}`}`;
  const reset = defaultObjects
    .filter(({ schema }) => schema === null)
    .flatMap(each =>
      ['PUBLIC', name(each.owner)].map(whom => ({ sql: `${lead(each)} REVOKE ALL ON ${each.kind} FROM ${whom}` })),
    );
  const later = defaults.map(each => ({
    sql: `${lead(each)} GRANT ${each.privilege} ON ${each.kind} TO ${whomOf(each.grantee)}${each.grantable ? ' WITH GRANT OPTION' : ''}`,
  }));
  return [...cleared, ...given, ...reset, ...later];
}

function inOrder(rights: Grant[]): Grant[] {
  const key = (grant: Grant, role: string | null): string =>
    [grant.object, grant.column, grant.privilege, role].join('\0');
  const may = new Set<string>();
  const ordered: Grant[] = [];
  let waiting = rights;
  for (;;) {
    const next = waiting.filter(each => each.grantor === each.owner || may.has(key(each, each.grantor)));
    for (const each of next) if (each.grantable) may.add(key(each, each.grantee));
    ordered.push(...next);
    waiting = waiting.filter(each => !next.includes(each));
    if (next.length === 0) return [...ordered, ...waiting];
  }
}

function columnOf(column: string | null): string {
  return column === null ? '' : ` (${name(column)})`;
}

function whomOf(grantee: string | null): string {
  return grantee === null ? 'PUBLIC' : name(grantee);
}

/** In words; undefined when both give everybody the same. Rights that only newer servers know may be more. */
function differenceOf(from: Grants, to: Grants): string | undefined {
  const texts = ({ rights, defaults }: Grants): Set<string> =>
    new Set([...rights, ...defaults].map(each => JSON.stringify(Object.entries(each).sort())));
  const there = texts(to);
  const lost = [...from.rights, ...from.defaults].find(each => !there.has(JSON.stringify(Object.entries(each).sort())));
  return (
    lost &&
    `${lost.privilege} for ${lost.grantee ?? 'everybody'} on ${'object' in lost ? String(lost.object) : lost.kind} is missing`
  );
}

/** Each object that can have rights, with its list and the one that initdb or its extension gave it. */
const OBJECTS = `
  SELECT CASE WHEN c.relkind = 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || format('%I.%I', n.nspname, c.relname) AS object,
         NULL::text AS "column", c.relowner AS owner, c.relacl AS acl, 'pg_class'::regclass AS class, c.oid AS id, 0 AS sub,
         n.nspname AS place
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  UNION ALL
  SELECT 'TABLE ' || format('%I.%I', n.nspname, c.relname), a.attname, c.relowner, a.attacl, 'pg_class'::regclass, c.oid,
         a.attnum, n.nspname
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
  UNION ALL
  SELECT 'SCHEMA ' || quote_ident(nspname), NULL, nspowner, nspacl, 'pg_namespace'::regclass, oid, 0, nspname FROM pg_namespace
  UNION ALL
  SELECT 'ROUTINE ' || format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), NULL, p.proowner,
         p.proacl, 'pg_proc'::regclass, p.oid, 0, n.nspname
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  UNION ALL
  SELECT 'TYPE ' || format('%I.%I', n.nspname, t.typname), NULL, t.typowner, t.typacl, 'pg_type'::regclass, t.oid, 0, n.nspname
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
  UNION ALL
  SELECT 'LANGUAGE ' || quote_ident(lanname), NULL, lanowner, lanacl, 'pg_language'::regclass, oid, 0, '' FROM pg_language
  UNION ALL
  SELECT 'DATABASE ' || quote_ident(datname), NULL, datdba, datacl, 'pg_database'::regclass, oid, 0, '' FROM pg_database
   WHERE datname = current_database()`;

const CHANGED = `
  WITH changed AS (
    SELECT o.* FROM (${OBJECTS}) o
      LEFT JOIN pg_init_privs i ON i.classoid = o.class AND i.objoid = o.id AND i.objsubid = o.sub
     WHERE o.acl IS NOT NULL AND o.acl IS DISTINCT FROM i.initprivs
       AND o.place NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND o.place NOT LIKE 'pg\\_temp%')`;

/** Rights of the upgrade's own roles are no tenant's. */
const OWN = `'larder_replication', 'larder_schema'`;

async function readGrants(session: Session): Promise<Grants> {
  const objects = await session.rows<Grants['objects'][number]>(
    `${CHANGED} SELECT object, "column", owner::regrole::text AS owner FROM changed ORDER BY 1, 2`,
  );
  const rights = await session.rows<Grant>(
    `${CHANGED} SELECT c.object, c."column", o.rolname::text AS owner, r.rolname::text AS grantor, e.rolname::text AS grantee,
            x.privilege_type AS privilege, x.is_grantable AS grantable
       FROM changed c CROSS JOIN LATERAL aclexplode(c.acl) x JOIN pg_roles o ON o.oid = c.owner
       JOIN pg_roles r ON r.oid = x.grantor LEFT JOIN pg_roles e ON e.oid = x.grantee
      WHERE coalesce(e.rolname, '') NOT IN (${OWN}) ORDER BY 1, 2, 4, 5, 6`,
  );
  const kinds =
    "CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'ROUTINES' WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END";
  const from = `FROM pg_default_acl d JOIN pg_roles o ON o.oid = d.defaclrole LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace`;
  const defaultObjects = await session.rows<Grants['defaultObjects'][number]>(
    `SELECT o.rolname::text AS owner, n.nspname::text AS schema, ${kinds} AS kind ${from} ORDER BY 1, 2, 3`,
  );
  const defaults = await session.rows<DefaultGrant>(
    `SELECT o.rolname::text AS owner, n.nspname::text AS schema, ${kinds} AS kind, e.rolname::text AS grantee,
            x.privilege_type AS privilege, x.is_grantable AS grantable
       ${from} CROSS JOIN LATERAL aclexplode(d.defaclacl) x LEFT JOIN pg_roles e ON e.oid = x.grantee ORDER BY 1, 2, 3, 4, 5`,
  );
  const named = await session.rows<{ shown: string; name: string }>(
    'SELECT oid::regrole::text AS shown, rolname::text AS name FROM pg_roles',
  );
  const plain = new Map(named.map(({ shown, name: role }) => [shown, role]));
  return {
    objects: objects.map(each => ({ ...each, owner: plain.get(each.owner) ?? each.owner })),
    rights,
    defaultObjects,
    defaults,
  };
}
