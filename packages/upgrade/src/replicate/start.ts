/** Makes one server follow another, a database at a time. Each step may run again, also after it was cut short. */
import { quoteIdentifier, quoteLiteral, type Session } from '@larder/driver';
import { conninfo, REPLICATION_ROLE, type Link } from '../host.ts';
import { inDatabase, type Side } from '../side.ts';
import { BusyError, listTables, qualified } from './tables.ts';

/** Which way changes go: to the new server while the old one serves, or back while the new one does. */
export type Way = 'larder_upgrade' | 'larder_return';

/** The login by which the other server follows: reads everything, and changes nothing. */
export async function ensureReplicationRole(side: Side): Promise<void> {
  const role = quoteIdentifier(REPLICATION_ROLE);
  await inDatabase(side, 'postgres', async session => {
    const [known] = await session.rows(`SELECT FROM pg_roles WHERE rolname = ${quoteLiteral(REPLICATION_ROLE)}`);
    if (!known) await session.rows(`CREATE ROLE ${role}`);
    // Rows that a policy hides must be copied too.
    await session.rows(`ALTER ROLE ${role} LOGIN NOSUPERUSER REPLICATION BYPASSRLS PASSWORD NULL`);
    await session.rows(`GRANT pg_read_all_data TO ${role}`);
  });
}

/** How many tables it publishes: with none nothing has to follow. Tables that come later are not in it, so they go on as ever. */
export async function ensurePublication(session: Session, way: Way, lockMs: number): Promise<number> {
  const tables = await listTables(session);
  const [known] = await session.rows(`SELECT FROM pg_publication WHERE pubname = ${quoteLiteral(way)}`);
  if (known || tables.length === 0) return tables.length;
  await session.rows(`SET lock_timeout = ${Math.ceil(lockMs)}`);
  await session
    .rows(`CREATE PUBLICATION ${quoteIdentifier(way)} FOR TABLE ONLY ${tables.map(qualified).join(', ONLY ')}`)
    .catch((error: Error & { code?: string }) => {
      if (error.code !== '55P03') throw error;
      throw new BusyError(`a table is locked by somebody for longer than ${lockMs} ms`);
    });
  return tables.length;
}

/** The slot of this database; slots have no database in their names, but must differ. */
export async function slotName(session: Session, way: Way): Promise<string> {
  const [row] = await session.rows<{ oid: string }>(
    'SELECT oid::text AS oid FROM pg_database WHERE datname = current_database()',
  );
  return `${way}_${row?.oid}`;
}

/**
 * Waits for every transaction that began before, but no longer than the session's statements may.
 * @throws BusyError that says since when the oldest runs
 */
export async function ensureSlot(session: Session, slot: string, waitMs: number): Promise<void> {
  const [known] = await session.rows(`SELECT FROM pg_replication_slots WHERE slot_name = ${quoteLiteral(slot)}`);
  if (known) return;
  await session.rows(`SET statement_timeout = ${Math.ceil(waitMs)}`);
  try {
    await session.rows(`SELECT pg_create_logical_replication_slot(${quoteLiteral(slot)}, 'pgoutput')`);
  } catch (error) {
    if ((error as { code?: string }).code !== '57014') throw error;
    throw new BusyError(await oldestTransaction(session));
  } finally {
    await session.rows('RESET statement_timeout').catch(() => undefined);
  }
}

async function oldestTransaction(session: Session): Promise<string> {
  const [row] = await session.rows<{ seconds: number; who: string; pid: number }>(
    `SELECT extract(epoch FROM now() - xact_start)::int AS seconds, usename::text AS who, pid
       FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() ORDER BY xact_start LIMIT 1`,
  );
  if (!row) return 'a transaction that wrote did not end in time';
  const { who, pid, seconds } = row;
  return `a transaction of ${JSON.stringify(who)} (process ${pid}) that has written is open for ${seconds} s; it must end first`;
}

export interface Subscription {
  way: Way;
  slot: string;
  link: Link;
  database: string;
  /** Rows that are there already, or changes alone. */
  copy: boolean;
}

/** On the follower. The slot must be there. */
export async function ensureSubscription(session: Session, subscription: Subscription): Promise<void> {
  const { way, slot, link, database, copy } = subscription;
  // The list is one for the whole server, and each database has one of this name.
  const [known] = await session.rows(
    `SELECT FROM pg_subscription
      WHERE subname = ${quoteLiteral(way)} AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  if (known) return;
  const options = `create_slot = false, slot_name = ${quoteLiteral(slot)}, copy_data = ${copy}, enabled = true`;
  await session.rows(
    `CREATE SUBSCRIPTION ${quoteIdentifier(way)} CONNECTION ${quoteLiteral(conninfo(link, database))}
       PUBLICATION ${quoteIdentifier(way)} WITH (${options})`,
  );
}

/** On the follower; the slot is not asked for, since its server may be gone. May run twice. */
export async function dropSubscription(session: Session, way: Way): Promise<void> {
  if (!(await pauseSubscription(session, way))) return;
  await session.rows(`ALTER SUBSCRIPTION ${quoteIdentifier(way)} SET (slot_name = NONE)`);
  await session.rows(`DROP SUBSCRIPTION ${quoteIdentifier(way)}`);
}

/** Nothing more is taken over. False where there is none. */
export async function pauseSubscription(session: Session, way: Way): Promise<boolean> {
  const [known] = await session.rows<{ subenabled: boolean }>(
    `SELECT subenabled FROM pg_subscription
      WHERE subname = ${quoteLiteral(way)} AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  if (known?.subenabled) await session.rows(`ALTER SUBSCRIPTION ${quoteIdentifier(way)} DISABLE`);
  return known !== undefined;
}

/** Goes on where it was paused. */
export async function resumeSubscription(session: Session, way: Way): Promise<void> {
  if (!(await pauseSubscription(session, way))) return;
  await session.rows(`ALTER SUBSCRIPTION ${quoteIdentifier(way)} ENABLE`);
}

export async function dropSlot(session: Session, slot: string): Promise<void> {
  await session.rows(
    `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = ${quoteLiteral(slot)}`,
  );
}
