/** What a role leaves when it goes: its objects go to somebody else first, so that nothing is lost and nothing hangs. */
import { quoteIdentifier as id, type Session } from '@larder/driver';
import type { Server } from '../access/find-server.ts';
import { isPostgresError } from '../access/trouble.ts';
import { withServer } from '../access/with-server.ts';
import type { SqlContext } from '../context.ts';

interface Held {
  database: string;
  owner: string;
}

/** Gives everything that `from` owns, in all databases, to `to`. What can't be given, one sentence each. */
export async function passObjectsOn(context: SqlContext, server: Server, from: string, to: string): Promise<string[]> {
  const held = await withServer(context, server, server.database, session => databasesWith(session, from, "'o'"));
  if (held.length === 0) return [];
  const joined = await withServer(context, server, server.database, session => join(session, [from, to]));
  const problems = await inEach({ context, server, held, role: from }, () => [
    `REASSIGN OWNED BY ${id(from)} TO ${id(to)}`,
  ]);
  await withServer(context, server, server.database, session => leave(session, joined));
  return problems;
}

/** Who is no superuser gives away, and ends, only what is a member's: becomes one of those roles of which it isn't. */
async function join(session: Session, roles: string[]): Promise<string[]> {
  const rows = await session.rows<{ name: string; options: string }>(
    `SELECT rolname AS name,
            CASE WHEN pg_catalog.current_setting('server_version_num')::int >= 160000 THEN ' WITH INHERIT TRUE, SET TRUE' ELSE '' END AS options
       FROM pg_catalog.pg_roles WHERE rolname = ANY ($1) AND NOT pg_catalog.pg_has_role(oid, 'USAGE')`,
    [roles],
  );
  const joined: string[] = [];
  for (const { name, options } of rows) {
    const done = await session.rows(`GRANT ${id(name)} TO CURRENT_USER${options}`).then(() => true, unlessRefused);
    if (done) joined.push(name);
  }
  return joined;
}

async function leave(session: Session, roles: string[]): Promise<void> {
  for (const role of roles) await session.rows(`REVOKE ${id(role)} FROM CURRENT_USER`).catch(unlessRefused);
}

/** What needs a membership that is not to be had says so itself. */
function unlessRefused(error: unknown): false {
  if (!isPostgresError(error)) throw error;
  return false;
}

/**
 * Drops roles. Their objects go to `heir`, or, without one, to the owner of the database that they are in. Sessions are ended
 * first, so that nothing new is made.
 */
export async function dropRoles(
  context: SqlContext,
  server: Server,
  roles: string[],
  heir?: string,
): Promise<string[]> {
  const problems: string[] = [];
  for (const role of roles) problems.push(...(await dropRole(context, server, role, heir)));
  return problems;
}

async function dropRole(
  context: SqlContext,
  server: Server,
  role: string,
  heir: string | undefined,
): Promise<string[]> {
  const held = await withServer(context, server, server.database, async session => {
    await session.rows(`ALTER ROLE ${id(role)} NOLOGIN`);
    await join(session, [role]);
    await session.rows(
      'SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE usename = $1',
      [role],
    );
    return databasesWith(session, role, "'o', 'a', 'r', 'i'");
  });
  const problems = await inEach({ context, server, held, role }, ({ owner }) => {
    const to = heir ?? owner;
    // Only rights are left to it then: what it owned has gone to another. Its own database stays, and so does the role.
    return to === role ? [] : [`REASSIGN OWNED BY ${id(role)} TO ${id(to)}`, `DROP OWNED BY ${id(role)}`];
  });
  return withServer(context, server, server.database, async session => {
    if (problems.length > 0) return problems;
    try {
      await session.rows(`DROP ROLE IF EXISTS ${id(role)}`);
      return [];
    } catch (error) {
      if (!isPostgresError(error)) throw error;
      return [`role "${role}" stays, without a login: ${error.message}`];
    }
  });
}

/** The databases in which a role owns something, or is named; `pg_shdepend` knows, from anywhere. */
async function databasesWith(session: Session, role: string, types: string): Promise<Held[]> {
  return session.rows<Held & { database: string }>(
    `SELECT DISTINCT d.datname AS database, o.rolname AS owner
       FROM pg_catalog.pg_shdepend s JOIN pg_catalog.pg_roles r ON r.oid = s.refobjid AND r.rolname = $1
       JOIN pg_catalog.pg_database d ON d.oid = s.dbid OR (s.dbid = 0 AND s.classid = 'pg_catalog.pg_database'::pg_catalog.regclass AND d.oid = s.objid)
       JOIN pg_catalog.pg_roles o ON o.oid = d.datdba
      WHERE s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND s.deptype IN (${types}) AND d.datallowconn`,
    [role],
  );
}

interface Leaving {
  context: SqlContext;
  server: Server;
  held: Held[];
  role: string;
}

async function inEach(
  { context, server, held, role }: Leaving,
  statements: (held: Held) => string[],
): Promise<string[]> {
  const problems: string[] = [];
  for (const each of held) {
    await withServer(context, server, each.database, async session => {
      for (const statement of statements(each)) await session.rows(statement);
    }).catch((error: Error) => problems.push(`objects of "${role}" in database "${each.database}": ${error.message}`));
  }
  return problems;
}
