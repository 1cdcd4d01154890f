/** Nobody writes any more: nobody new comes in, whoever is there is ended, and the follower has everything. */
import { setTimeout as delay } from 'node:timers/promises';
import { quoteLiteral, type Session } from '@larder/driver';
import { REPLICATION_ROLE, type Host } from '../host.ts';
import { inDatabase, type Side } from '../side.ts';
import { slotName, type Way } from '../replicate/start.ts';

/** How soon to look again (ms): clients wait. */
const LOOK_MS = 10;

/** Until nobody but the plane and the follower is in. May run twice. @throws Error when that isn't so in time */
export async function holdWrites(side: Side, host: Host, timeoutMs: number): Promise<void> {
  const before = await inDatabase(side, 'postgres', loadedAt);
  await host.admit('plane');
  const deadline = performance.now() + timeoutMs;
  const inTime = async (what: string): Promise<void> => {
    if (performance.now() > deadline) throw new Error(`cannot hold writes: ${what} after ${timeoutMs} ms`);
    await delay(LOOK_MS);
  };
  // A session that begins has the files that the server read last: the first with newer ones proves that nobody comes in any more.
  while ((await inDatabase(side, 'postgres', loadedAt)) === before) await inTime('the server has not read its files');
  await inDatabase(side, 'postgres', async session => {
    while ((await endClients(session, side.login.user)) > 0) await inTime('sessions have not ended');
  });
}

async function loadedAt(session: Session): Promise<string> {
  const [row] = await session.rows<{ at: string }>('SELECT pg_conf_load_time()::text AS at');
  return row?.at ?? '';
}

/** How many were there. */
async function endClients(session: Session, plane: string): Promise<number> {
  const [row] = await session.rows<{ ended: number }>(
    `SELECT count(pg_terminate_backend(pid))::int AS ended FROM pg_stat_activity
      WHERE pid <> pg_backend_pid() AND usename IS NOT NULL AND usename NOT IN (${quoteLiteral(plane)}, ${quoteLiteral(REPLICATION_ROLE)})
        AND backend_type IN ('client backend', 'walsender')`,
  );
  return row?.ended ?? 0;
}

/** Returns when the follower has safely taken over all that was written. @throws Error when it hasn't in time */
export async function drain(side: Side, databases: string[], way: Way, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  const names: string[] = [];
  for (const database of databases) names.push(await inDatabase(side, database, session => slotName(session, way)));
  await inDatabase(side, 'postgres', async session => {
    const [row] = await session.rows<{ at: string }>('SELECT pg_current_wal_lsn()::text AS at');
    for (;;) {
      const [waiting] = await session.rows<{ missing: number }>(
        `SELECT count(*)::int AS missing FROM unnest($1::text[]) n LEFT JOIN pg_replication_slots s ON s.slot_name = n
          WHERE s.confirmed_flush_lsn IS NULL OR s.confirmed_flush_lsn < $2::pg_lsn`,
        [names, row?.at],
      );
      if (waiting?.missing === 0) return;
      if (performance.now() > deadline)
        throw new Error(`cannot switch: ${waiting?.missing} databases have not caught up after ${timeoutMs} ms`);
      await delay(LOOK_MS);
    }
  });
}
