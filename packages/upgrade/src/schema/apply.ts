/** Writes a schema into an empty database of the new server, with a login that lives as long as the work does and is no superuser. */
import { connect, newPassword, quoteIdentifier, quoteLiteral, scramVerifier, type Session } from '@larder/driver';
import { SCHEMA_ROLE } from '../host.ts';
import { inDatabase, type Side } from '../side.ts';
import { planSchema, type SchemaStep } from './plan.ts';
import { dumpSchema, type DumpOptions } from './dump.ts';

export interface CopySchemaOptions extends DumpOptions {
  source: Side;
  target: Side;
  database: string;
  /** Of the new server. */
  major: number;
}

/**
 * Not to be repeated on a database that has part of it: the new server is thrown away instead, since nobody uses it yet.
 * @throws Error that names the kind of object that couldn't be made
 */
export async function copySchema({ source, target, database, major, ...options }: CopySchemaOptions): Promise<void> {
  const [dump, known] = [await dumpSchema(source, database, options), await inDatabase(source, database, readKnown)];
  const steps = planSchema({ dump, major, ...known });
  const password = newPassword();
  const verifier = await scramVerifier(password);
  await inDatabase(target, database, session => openWriter(session, { database, verifier, owners: known.owners }));
  const wide = { statementMs: options.timeoutMs ?? 600_000 };
  const plane = await connect(target.endpoint, { ...target.login, database }, wide);
  const writer = await connect(target.endpoint, { user: SCHEMA_ROLE, password, database }, wide);
  try {
    for (const step of steps) await runStep(step, { plane, writer });
  } finally {
    await Promise.allSettled([plane.close(), writer.close()]);
    await inDatabase(target, database, session => closeWriter(session, database));
  }
}

interface Known {
  extensions: { name: string; owner: string; trusted: boolean }[];
  superusers: string[];
  /** Of anything in the database: the writer hands over what it makes to them. */
  owners: string[];
}

async function readKnown(session: Session): Promise<Known> {
  const extensions = await session.rows<{ name: string; owner: string; trusted: boolean }>(
    `SELECT e.extname::text AS name, e.extowner::regrole::text AS owner,
            coalesce((SELECT bool_or(v.trusted) FROM pg_available_extension_versions v WHERE v.name = e.extname), false) AS trusted
       FROM pg_extension e`,
  );
  const superusers = await session.rows<{ name: string }>('SELECT rolname::text AS name FROM pg_roles WHERE rolsuper');
  const owners = await session.rows<{ name: string }>(
    `SELECT DISTINCT r.rolname::text AS name FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid
      WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype = 'o' AND NOT r.rolsuper AND r.rolname !~ '^pg_'
        AND d.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
     UNION SELECT d.datdba::regrole::text FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba
      WHERE d.datname = current_database() AND NOT r.rolsuper`,
  );
  const plain = (quoted: string): string => quoted.replace(/^"(.*)"$/, (_, name: string) => name.replaceAll('""', '"'));
  return {
    extensions: extensions.map(each => ({ ...each, owner: plain(each.owner) })),
    superusers: superusers.map(({ name }) => name),
    owners: owners.map(({ name }) => plain(name)),
  };
}

async function openWriter(
  session: Session,
  { database, verifier, owners }: { database: string; verifier: string; owners: string[] },
): Promise<void> {
  const role = quoteIdentifier(SCHEMA_ROLE);
  const [known] = await session.rows(`SELECT FROM pg_roles WHERE rolname = ${quoteLiteral(SCHEMA_ROLE)}`);
  if (!known) await session.rows(`CREATE ROLE ${role} LOGIN NOSUPERUSER`);
  await session.rows(`ALTER ROLE ${role} LOGIN NOSUPERUSER INHERIT PASSWORD ${quoteLiteral(verifier)}`);
  await session.rows(`GRANT CREATE ON DATABASE ${quoteIdentifier(database)} TO ${role}`);
  for (const owner of owners) await session.rows(`GRANT ${quoteIdentifier(owner)} TO ${role}`);
  // An object is given to a role that may make it where it lies; who may do so is copied afterwards, as it was.
  await session.rows(`GRANT ALL ON SCHEMA public TO ${role}`);
}

/** It goes with everything that it was given; what it made belongs to others. */
async function closeWriter(session: Session, database: string): Promise<void> {
  const role = quoteIdentifier(SCHEMA_ROLE);
  const [known] = await session.rows(`SELECT FROM pg_roles WHERE rolname = ${quoteLiteral(SCHEMA_ROLE)}`);
  if (!known) return;
  await session.rows(`REVOKE ALL ON SCHEMA public FROM ${role}`);
  await session.rows(`REVOKE ALL ON DATABASE ${quoteIdentifier(database)} FROM ${role}`);
  // Fails where it still owns something, which would otherwise go with it.
  await session.rows(`DROP ROLE ${role}`);
}

async function runStep(
  { as, role, sql }: SchemaStep,
  { plane, writer }: { plane: Session; writer: Session },
): Promise<void> {
  try {
    if (as === 'plane') return void (await plane.rows(sql));
    if (role !== undefined) await writer.rows(`SET ROLE ${quoteIdentifier(role)}`);
    await writer.rows(sql);
    if (role !== undefined) await writer.rows('RESET ROLE');
  } catch (error) {
    // The statement may hold whatever its owner wrote into it: only its kind is told.
    const kind = /^[A-Z]+(?: [A-Z]+){0,2}/.exec(sql)?.[0] ?? 'a statement';
    throw new Error(`cannot write the schema: ${kind}: ${(error as Error).message}`, { cause: error });
  }
}
