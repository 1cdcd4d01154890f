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
    const at = await mark(session);
    for (let looks = 1; ; looks += 1) {
      const waiting = await session.rows<{ name: string; behind: string | null }>(
        `SELECT n AS name, pg_wal_lsn_diff($2::pg_lsn, s.confirmed_flush_lsn)::text AS behind
           FROM unnest($1::text[]) n LEFT JOIN pg_replication_slots s ON s.slot_name = n
          WHERE s.confirmed_flush_lsn IS NULL OR s.confirmed_flush_lsn < $2::pg_lsn`,
        [names, at],
      );
      if (waiting.length === 0) return;
      if (performance.now() > deadline) {
        const which = waiting.map(({ name, behind }) => `${name} by ${behind ?? 'all'} bytes`).join(', ');
        throw new Error(`cannot switch: after ${timeoutMs} ms the follower is behind in ${which}`);
      }
      // Only what is flushed is sent, and only what is sent is answered.
      if (looks % 50 === 0) await mark(session);
      await delay(LOOK_MS);
    }
  });
}

/** A place in the log behind all that was written, which is on the disk when it is returned. */
async function mark(session: Session): Promise<string> {
  const [row] = await session.rows<{ at: string }>("SELECT pg_logical_emit_message(true, 'larder', '')::text AS at");
  return row?.at ?? '0/0';
}
