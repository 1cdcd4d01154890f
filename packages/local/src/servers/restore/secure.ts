/**
 * What a restored server brings along and must not act: its logins, its subscriptions, its slots, and whatever was set for the plane's
 * own role. May run twice.
 */
import {
  connect,
  PLANE_ROLE,
  quoteIdentifier,
  quoteLiteral,
  runSingleUser,
  scramVerifier,
  type Session,
} from '@larder/postgres';
import type { RestoreOrder } from './order.ts';

/** By a server without a network, a login or anybody's hooks: single-user mode. */
export async function givePlaneItsRole(order: RestoreOrder, settings: Record<string, string>): Promise<void> {
  const { bin, staging, account, planePassword } = order;
  const role = quoteIdentifier(PLANE_ROLE);
  const missing = `IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${quoteLiteral(PLANE_ROLE)})`;
  const verifier = quoteLiteral(await scramVerifier(planePassword));
  const statements = [
    `DO $do$ BEGIN ${missing} THEN CREATE ROLE ${role}; END IF; END $do$`,
    `ALTER ROLE ${role} SUPERUSER CREATEROLE CREATEDB REPLICATION BYPASSRLS LOGIN CONNECTION LIMIT -1 VALID UNTIL 'infinity' PASSWORD ${verifier}`,
    `DELETE FROM pg_catalog.pg_db_role_setting WHERE setrole = ${quoteLiteral(PLANE_ROLE)}::pg_catalog.regrole`,
  ];
  await runSingleUser({
    bin,
    data: staging,
    account: account ?? undefined,
    settings,
    database: 'template1',
    statements,
  });
}

/** On the running server. */
export async function secure(order: RestoreOrder): Promise<void> {
  const session = await sessionIn(order, 'template1');
  try {
    await closeLogins(session);
    await session.rows('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active');
    const databases = await session.rows<{ name: string }>(
      'SELECT DISTINCT datname AS name FROM pg_subscription JOIN pg_database ON pg_database.oid = subdbid',
    );
    for (const { name } of databases) await dropSubscriptions(order, session, name);
    await ensureDatabase(session, order);
    await session.rows('CHECKPOINT');
  } finally {
    await session.close();
  }
}

async function closeLogins(session: Session): Promise<void> {
  const roles = await session.rows<{ name: string }>(
    'SELECT rolname AS name FROM pg_authid WHERE rolname <> $1 AND (rolcanlogin OR rolpassword IS NOT NULL)',
    [PLANE_ROLE],
  );
  for (const { name } of roles) await session.rows(`ALTER ROLE ${quoteIdentifier(name)} NOLOGIN PASSWORD NULL`);
}

/** Without a word to the publisher: it belongs to the server that was backed up. */
async function dropSubscriptions(order: RestoreOrder, outside: Session, database: string): Promise<void> {
  await outside.rows(`ALTER DATABASE ${quoteIdentifier(database)} ALLOW_CONNECTIONS true`);
  const session = await sessionIn(order, database);
  try {
    const names = await session.rows<{ name: string }>(
      'SELECT subname AS name FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())',
    );
    for (const { name } of names) {
      const subscription = quoteIdentifier(name);
      await session.rows(`ALTER SUBSCRIPTION ${subscription} DISABLE`);
      await session.rows(`ALTER SUBSCRIPTION ${subscription} SET (slot_name = NONE)`);
      await session.rows(`DROP SUBSCRIPTION ${subscription}`);
    }
  } finally {
    await session.close();
  }
}

/** A foreign backup may have neither the owner nor the database that the claim promises, nor the one that everybody connects to. */
async function ensureDatabase(session: Session, { owner, database }: RestoreOrder): Promise<void> {
  const [role] = await session.rows('SELECT 1 FROM pg_roles WHERE rolname = $1', [owner]);
  if (!role) await session.rows(`CREATE ROLE ${quoteIdentifier(owner)}`);
  for (const [name, whose] of [
    ['postgres', PLANE_ROLE],
    [database, owner],
  ] as const) {
    const [found] = await session.rows('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (!found) await session.rows(`CREATE DATABASE ${quoteIdentifier(name)} OWNER ${quoteIdentifier(whose)}`);
  }
}

/** No trigger of the old server fires on what is done here. */
async function sessionIn({ socketFolder, port, planePassword }: RestoreOrder, database: string): Promise<Session> {
  const login = { user: PLANE_ROLE, password: planePassword, database };
  const session = await connect({ socketFolder, port }, login, { statementMs: 600_000 });
  await session.rows(`SET session_replication_role = replica`);
  return session;
}
