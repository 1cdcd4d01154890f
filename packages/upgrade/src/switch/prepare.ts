/** What is done before the switch so that it takes no time in it: statistics, filled views, the publication for the way back. */
import { quoteIdentifier, quoteLiteral, type Session } from '@larder/driver';
import { inDatabase, type Side } from '../side.ts';
import { ensurePublication, ensureReplicationRole } from '../replicate/start.ts';
import { keylessOf, listTables, recogniseRows, type Keyless } from '../replicate/tables.ts';

/** Hours: large tables take their time, and nobody waits. */
const LONG = { statementMs: 12 * 3_600_000 };

/** Views that were filled on the old server are filled on the new one. May run twice. */
export async function fillViews(source: Side, target: Side, database: string): Promise<void> {
  const views = await inDatabase(source, database, session =>
    session.rows<{ schema: string; name: string }>(
      'SELECT schemaname::text AS schema, matviewname::text AS name FROM pg_matviews WHERE ispopulated',
    ),
  );
  await inDatabase(
    target,
    database,
    async session => {
      // One may read from another: as often as there are views, those that can't be filled yet wait for the next round.
      let waiting = views;
      for (let round = 0; waiting.length > 0 && round <= views.length; round += 1)
        waiting = await fill(session, waiting);
      if (waiting.length > 0)
        throw new Error(`cannot fill the materialised view ${waiting[0]?.schema}.${waiting[0]?.name}`);
    },
    LONG,
  );
}

async function fill(
  session: Session,
  views: { schema: string; name: string }[],
): Promise<{ schema: string; name: string }[]> {
  const left: { schema: string; name: string }[] = [];
  for (const view of views) {
    const name = `${quoteIdentifier(view.schema)}.${quoteIdentifier(view.name)}`;
    await session.rows(`REFRESH MATERIALIZED VIEW ${name}`).catch((error: { code?: string }) => {
      if (error.code !== NOT_FILLED) throw error;
      left.push(view);
    });
  }
  return left;
}

const NOT_FILLED = '55000';

/** Statistics of everything, so that the first query is planned as the last one was. */
export async function analyse(target: Side, database: string): Promise<void> {
  await inDatabase(target, database, session => session.rows('ANALYZE'), LONG);
}

/** The new server can be followed; what of it has to be put back is returned, and the same again when it runs twice. */
export async function prepareReturn(
  target: Side,
  database: string,
  keyless: Keyless[],
  lockMs: number,
): Promise<number> {
  await ensureReplicationRole(target);
  return inDatabase(target, database, async session => {
    const all = [...keyless, ...keylessOf(await listTables(session))];
    await recogniseRows(session, all, lockMs);
    return ensurePublication(session, 'larder_return', lockMs);
  });
}

/** The largest tables of a server, in bytes: what a copy has to carry. */
export async function sizeOf(side: Side, database: string): Promise<number> {
  const [row] = await inDatabase(side, database, session =>
    session.rows<{ bytes: string }>(`SELECT pg_database_size(${quoteLiteral(database)})::text AS bytes`),
  );
  return Number(row?.bytes ?? 0);
}
