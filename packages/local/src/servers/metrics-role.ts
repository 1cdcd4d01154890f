/**
 * The role that a server is measured with: `pg_monitor`, CONNECT and no more. Whatever else somebody gave it is taken away again. It
 * comes through the socket only, and its password is nobody's but the monitor's.
 */
import { randomBytes } from 'node:crypto';
import { METRICS_ROLE, quoteIdentifier, quoteLiteral, scramVerifier, type Session } from '@larder/postgres';
import { writeRecord, type InstanceRecord } from './record.ts';
import type { Work } from './work.ts';

/** One is kept, and new ones may come before the old are seen to be gone. */
const CONNECTIONS = 5;

const ROLE = quoteIdentifier(METRICS_ROLE);

/** `session` is the plane's. May run twice; asks one question when all is as it should be. */
export async function ensureMetricsRole(work: Work, record: InstanceRecord, session: Session): Promise<InstanceRecord> {
  const wanted = membershipsOf(work.object.spec.version);
  if (record.metricsPassword !== undefined && (await isAsWanted(session, wanted))) return record;
  const password = record.metricsPassword ?? randomBytes(24).toString('base64url');
  // Written down before the server hears of it.
  const next =
    record.metricsPassword === undefined
      ? await writeRecord(work.place, { ...record, metricsPassword: password })
      : record;
  try {
    await makeRole(session, password);
    await bringMemberships(session, wanted);
    for (const database of ['postgres', work.object.spec.database])
      await session.rows(`GRANT CONNECT ON DATABASE ${quoteIdentifier(database)} TO ${ROLE}`);
  } catch (error) {
    // Read-only since its storage is full, or without a database that was dropped: no reason not to be ready.
    work.plane.log.info('the role that measures is not as it should be', { error: (error as Error).message });
  }
  return next;
}

/** Since 16 a role can be let in when all other connections are taken. */
function membershipsOf(version: string): string[] {
  return ['pg_monitor', ...(Number.parseInt(version, 10) >= 16 ? ['pg_use_reserved_connections'] : [])];
}

async function isAsWanted(session: Session, wanted: readonly string[]): Promise<boolean> {
  const [found] = await session.rows<{ plain: boolean; memberships: string[] }>(
    `SELECT r.rolcanlogin AND r.rolinherit AND r.rolconnlimit = ${CONNECTIONS} AND r.rolconfig IS NULL
            AND NOT (r.rolsuper OR r.rolcreatedb OR r.rolcreaterole OR r.rolreplication OR r.rolbypassrls) AS plain,
            ${MEMBERSHIPS} AS memberships
       FROM pg_catalog.pg_roles r WHERE r.rolname = $1`,
    [METRICS_ROLE],
  );
  return found?.plain === true && found.memberships.join(' ') === [...wanted].sort().join(' ');
}

const MEMBERSHIPS = `ARRAY(SELECT g.rolname::pg_catalog.text FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
  WHERE m.member = r.oid ORDER BY 1)`;

async function makeRole(session: Session, password: string): Promise<void> {
  const verifier = quoteLiteral(await scramVerifier(password));
  const [role] = await session.rows('SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1', [METRICS_ROLE]);
  await session.rows(
    `${role ? 'ALTER' : 'CREATE'} ROLE ${ROLE} LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
     CONNECTION LIMIT ${CONNECTIONS} PASSWORD ${verifier}`,
  );
  await session.rows(`ALTER ROLE ${ROLE} RESET ALL`);
}

async function bringMemberships(session: Session, wanted: readonly string[]): Promise<void> {
  const [found] = await session.rows<{ memberships: string[] }>(
    `SELECT ${MEMBERSHIPS} AS memberships FROM pg_catalog.pg_roles r WHERE r.rolname = $1`,
    [METRICS_ROLE],
  );
  for (const role of found?.memberships ?? [])
    if (!wanted.includes(role)) await session.rows(`REVOKE ${quoteIdentifier(role)} FROM ${ROLE}`);
  for (const role of wanted) await session.rows(`GRANT ${quoteIdentifier(role)} TO ${ROLE}`);
}
