/**
 * The role that an instance is probed with, as an application would use it: over the network, with a password, and with no rights but
 * to connect. It takes an ordinary slot: whether one can be had is what is probed.
 */
import { randomBytes } from 'node:crypto';
import { quoteIdentifier, quoteLiteral, scramVerifier, type Session } from '@larder/postgres';
import { writeRecord, type InstanceRecord } from './record.ts';
import type { Work } from './work.ts';

export const PROBE_ROLE = 'larder_probe';

/** One stays, one comes and goes, and a new one may come before an old one is seen to be gone. */
const CONNECTIONS = 4;

const ROLE = quoteIdentifier(PROBE_ROLE);

/** `session` is the plane's. May run twice; asks one question when all is as it should be. */
export async function ensureProbeRole(work: Work, record: InstanceRecord, session: Session): Promise<InstanceRecord> {
  const password = record.probePassword ?? randomBytes(24).toString('base64url');
  if (record.probePassword !== undefined && (await isAsWanted(session))) return record;
  // Written down before the server hears of it.
  const next =
    record.probePassword === undefined ? await writeRecord(work.place, { ...record, probePassword: password }) : record;
  try {
    await makeRole(session, password);
    await session.rows(`GRANT CONNECT ON DATABASE ${quoteIdentifier(work.object.spec.database)} TO ${ROLE}`);
  } catch (error) {
    // Read-only since its storage is full, or without a database that was dropped: no reason not to be ready.
    work.plane.log.info('the role that probes is not as it should be', { error: (error as Error).message });
  }
  return next;
}

async function isAsWanted(session: Session): Promise<boolean> {
  const [found] = await session.rows<{ plain: boolean }>(
    `SELECT r.rolcanlogin AND r.rolconnlimit = ${CONNECTIONS} AND r.rolconfig IS NULL
            AND NOT (r.rolsuper OR r.rolcreatedb OR r.rolcreaterole OR r.rolreplication OR r.rolbypassrls)
            AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_auth_members m WHERE m.member = r.oid) AS plain
       FROM pg_catalog.pg_roles r WHERE r.rolname = $1`,
    [PROBE_ROLE],
  );
  return found?.plain === true;
}

async function makeRole(session: Session, password: string): Promise<void> {
  const verifier = quoteLiteral(await scramVerifier(password));
  const [role] = await session.rows('SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1', [PROBE_ROLE]);
  await session.rows(
    `${role ? 'ALTER' : 'CREATE'} ROLE ${ROLE} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
     CONNECTION LIMIT ${CONNECTIONS} PASSWORD ${verifier}`,
  );
  await session.rows(`ALTER ROLE ${ROLE} RESET ALL`);
  const granted = await session.rows<{ rolname: string }>(
    `SELECT g.rolname FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
      JOIN pg_catalog.pg_roles r ON r.oid = m.member WHERE r.rolname = $1`,
    [PROBE_ROLE],
  );
  for (const { rolname } of granted) await session.rows(`REVOKE ${quoteIdentifier(rolname)} FROM ${ROLE}`);
}
