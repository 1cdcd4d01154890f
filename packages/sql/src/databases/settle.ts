/** One turn for a database: its owner, the database itself, its rights and extensions. */
import type { PostgresDatabase, PostgresDatabaseStatus } from '@larder/catalog';
import { quoteIdentifier as id, quoteLiteral, type Session } from '@larder/driver';
import { findServer, type Server } from '../access/find-server.ts';
import { isPostgresError, TroubleError } from '../access/trouble.ts';
import { withServer } from '../access/with-server.ts';
import type { SqlContext } from '../context.ts';
import { markOf, ownerBy } from '../mark.ts';
import { observeMyRights, observeRoles, type MyRights } from '../roles/facts.ts';
import { markStatement } from '../roles/statement.ts';
import { ready, type Finding } from '../status.ts';
import { observeDatabases, type DatabaseFacts } from './facts.ts';
import { prepareDatabase } from './groups.ts';
import { ownerRole, refuseDatabaseName, unfinishedName } from './names.ts';

/** PostgreSQL: insufficient_privilege. */
const DENIED = '42501';

export interface SettledDatabase {
  findings: Finding[];
  facts: Partial<PostgresDatabaseStatus>;
}

/** @throws TroubleError when it can't be done now, or not at all */
export async function settleDatabase(context: SqlContext, database: PostgresDatabase): Promise<SettledDatabase> {
  const { spec } = database;
  const refusal = refuseDatabaseName(spec);
  if (refusal !== undefined) throw new TroubleError('NameNotPossible', refusal, false);
  const server = await findServer(context, spec.connectionSecretRef);
  const { facts, adopted, mine } = await withServer(context, server, server.database, session =>
    bring(session, database),
  );
  const problems = await withServer(context, server, spec.name, async session => {
    await openPublicSchema(session, facts, mine);
    const prepared = await prepareDatabase(session, facts, { closed: !adopted });
    return [...prepared.problems, ...(await bringExtensions(session, spec.extensions, server))];
  });
  return { findings: [ready, ...problemFindings(problems)], facts: { owner: facts.owner, adopted } };
}

async function bring(
  session: Session,
  database: PostgresDatabase,
): Promise<{ facts: DatabaseFacts; adopted: boolean; mine: MyRights }> {
  const { spec, status } = database;
  const mine = await observeMyRights(session);
  const found = (await observeDatabases(session, [spec.name])).get(spec.name);
  const adopted = found !== undefined && isAdopted(database, found);
  if (adopted) return { facts: found, adopted, mine };
  const owner = await bringOwner(session, database, mine);
  if (found === undefined) await create(session, database, { owner, mine, again: status?.owner !== undefined });
  else if (found.owner !== owner) await session.rows(`ALTER DATABASE ${id(spec.name)} OWNER TO ${id(owner)}`);
  const facts = (await observeDatabases(session, [spec.name])).get(spec.name);
  if (facts === undefined) throw new TroubleError('DatabaseMissing', `database "${spec.name}" has gone again`);
  return { facts, adopted, mine };
}

/** @throws TroubleError for a database that is somebody else's */
function isAdopted(database: PostgresDatabase, { name, comment }: DatabaseFacts): boolean {
  const whose = ownerBy(comment, database);
  if (whose === 'ours') return false;
  if (whose === 'another')
    throw new TroubleError(
      'DatabaseTaken',
      `database "${name}" belongs to another claim (${comment}): choose another name`,
    );
  if (database.spec.adopt || database.status?.adopted) return true;
  throw new TroubleError(
    'DatabaseExists',
    `database "${name}" exists and Larder didn't make it: choose another name, or say adopt: true to take it over`,
  );
}

async function bringOwner(session: Session, database: PostgresDatabase, mine: MyRights): Promise<string> {
  const { spec } = database;
  const owner = ownerRole(spec);
  const found = (await observeRoles(session, [owner], mine)).get(owner);
  if (spec.owner !== undefined) {
    if (!found) throw new TroubleError('OwnerMissing', `owner: there is no role "${owner}" yet`);
    if (found.superuser)
      throw new TroubleError('OwnerNotPossible', `owner: "${owner}" is a superuser: choose a role that isn't`, false);
    return owner;
  }
  if (found && ownerBy(found.comment, database) !== 'ours') {
    throw new TroubleError(
      'RoleExists',
      `role "${owner}", which would own the database, exists already: name another in spec.parameters.owner`,
    );
  }
  if (!found) await session.rows(`CREATE ROLE ${id(owner)} NOLOGIN; ${markStatement(owner, markOf(database))}`);
  return owner;
}

interface Create {
  owner: string;
  mine: MyRights;
  /** It was there before: somebody dropped it. */
  again: boolean;
}

/** Under another name first: it gets its own with its mark on it. */
async function create(session: Session, database: PostgresDatabase, { owner, mine, again }: Create): Promise<void> {
  const { name } = database.spec;
  if (again) {
    throw new TroubleError(
      'DatabaseGone',
      `database "${name}" was dropped by somebody: restore it from a backup, or delete this claim and make it again for an empty one`,
      false,
    );
  }
  const unfinished = unfinishedName(database.metadata.uid ?? '');
  if (!mine.superuser) await session.rows(`GRANT ${id(owner)} TO CURRENT_USER`).catch(keepGoing);
  if (!(await observeDatabases(session, [unfinished])).has(unfinished)) {
    await session.rows(`CREATE DATABASE ${id(unfinished)} OWNER ${id(owner)}`);
  }
  await session.rows(`COMMENT ON DATABASE ${id(unfinished)} IS ${quoteLiteral(markOf(database))}`);
  await session.rows(`ALTER DATABASE ${id(unfinished)} RENAME TO ${id(name)}`);
}

/** A login that can't be a member of the owner is told so by `CREATE DATABASE`. */
function keepGoing(error: unknown): void {
  if (!isPostgresError(error)) throw error;
}

/** Before PostgreSQL 15 the schema `public` isn't the database owner's. */
async function openPublicSchema(session: Session, { owner }: DatabaseFacts, { version }: MyRights): Promise<void> {
  if (version >= 150_000) return;
  const [row] = await session.rows<{ may: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace n, LATERAL pg_catalog.aclexplode(n.nspacl) a
       JOIN pg_catalog.pg_roles r ON r.oid = a.grantee AND r.rolname = $1
      WHERE n.nspname = 'public' AND a.privilege_type = 'CREATE') AS may`,
    [owner],
  );
  if (row?.may === false) await session.rows(`GRANT ALL ON SCHEMA public TO ${id(owner)}`).catch(keepGoing);
}

async function bringExtensions(
  session: Session,
  wanted: PostgresDatabase['spec']['extensions'],
  { lent }: Server,
): Promise<string[]> {
  const problems: string[] = [];
  for (const { name, version } of wanted) {
    const [found] = await session.rows<{ installed: string | null }>(
      'SELECT installed_version AS installed FROM pg_catalog.pg_available_extensions WHERE name = $1',
      [name],
    );
    if (found === undefined) problems.push(`extension ${name}: this server doesn't bring it`);
    else if (found.installed !== null && (version === undefined || version === found.installed)) continue;
    else
      await session.rows(extensionStatement(name, version, found.installed)).catch((error: unknown) => {
        if (!isPostgresError(error)) throw error;
        problems.push(
          `extension ${name}: ${error.message}${lent || error.code !== DENIED ? '' : ' (the login of the secret must be allowed to)'}`,
        );
      });
  }
  return problems;
}

function extensionStatement(name: string, version: string | undefined, installed: string | null): string {
  if (installed !== null) return `ALTER EXTENSION ${id(name)} UPDATE TO ${quoteLiteral(version ?? '')}`;
  const exactly = version === undefined ? '' : ` VERSION ${quoteLiteral(version)}`;
  return `CREATE EXTENSION IF NOT EXISTS ${id(name)} SCHEMA public${exactly} CASCADE`;
}

function problemFindings(problems: string[]): Finding[] {
  if (problems.length === 0) return [];
  return [
    {
      type: 'GrantsComplete',
      status: 'False',
      reason: 'NotGranted',
      message: `not everything could be done: ${problems.slice(0, 5).join('; ')}`,
    },
  ];
}
