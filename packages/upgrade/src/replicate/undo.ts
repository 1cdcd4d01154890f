/** Takes back what the upgrade made on a server that goes on serving: as if nothing had been. May run twice. */
import { quoteIdentifier, quoteLiteral, type Session } from '@larder/driver';
import { REPLICATION_ROLE } from '../host.ts';
import { inDatabase, listDatabases, type Side } from '../side.ts';
import { dropSubscription, type Way } from './start.ts';
import { forgetRows, type Keyless } from './tables.ts';

export interface Traces {
  way: Way;
  /** The other server's, whose own slots have it in their names. */
  follower: string;
  /** What is put back, by database. */
  keyless: Record<string, Keyless[]>;
  lockMs: number;
}

/** On the server that was followed. */
export async function removeTraces(side: Side, { way, follower, keyless, lockMs }: Traces): Promise<void> {
  await inDatabase(side, 'postgres', session => dropSlots(session, way, follower));
  for (const database of await listDatabases(side)) {
    await inDatabase(side, database, async session => {
      await session.rows(`DROP PUBLICATION IF EXISTS ${quoteIdentifier(way)}`);
      await forgetRows(session, keyless[database] ?? [], lockMs);
    });
  }
}

/** On the server that followed. */
export async function stopFollowing(side: Side, way: Way): Promise<void> {
  for (const database of await listDatabases(side)) {
    await inDatabase(side, database, session => dropSubscription(session, way));
  }
}

/** When nothing follows any more. */
export async function removeReplicationRole(side: Side): Promise<void> {
  await inDatabase(side, 'postgres', session =>
    session.rows(`DROP ROLE IF EXISTS ${quoteIdentifier(REPLICATION_ROLE)}`),
  );
}

/** Those of the database, and those that the follower made for copying its tables. */
async function dropSlots(session: Session, way: Way, follower: string): Promise<void> {
  const own = `slot_name LIKE ${quoteLiteral(`${way.replaceAll('_', '\\_')}\\_%`)} OR slot_name ~ ${quoteLiteral(`^pg_[0-9]+_sync_[0-9]+_${follower}$`)}`;
  // A slot in use can't be dropped, and its user comes back at once where it may.
  await session.rows(`ALTER ROLE ${quoteIdentifier(REPLICATION_ROLE)} NOLOGIN`).catch((error: { code?: string }) => {
    if (error.code !== '42704') throw error;
  });
  await session.rows(
    `SELECT pg_terminate_backend(active_pid, 10000) FROM pg_replication_slots WHERE (${own}) AND active_pid IS NOT NULL`,
  );
  await session.rows(`SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE ${own}`);
}
