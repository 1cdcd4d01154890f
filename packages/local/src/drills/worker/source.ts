/**
 * What is asked of the server whose backup is about to be restored, as if it were lost at this very moment: what its catalogues say, up to
 * a point of its log that the restored one is brought to, and how much of that log was not in the bucket yet.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { randomBytes } from 'node:crypto';
import { archiveKeys, parseArchivedName, type Store } from '@larder/archive';
import { connect, findImpostor, PLANE_ROLE, type Session } from '@larder/postgres';
import { differences, digestCatalogue, inSession, type Digest } from './catalogue.ts';
import type { DrillSource } from './protocol.ts';

export interface Asked {
  /** A restore point, and the WAL file that has it. */
  point: { name: string; wal: string };
  /** At that point; or why that can't be said. */
  catalogue: Digest | { unknown: string };
  position: LogPosition;
}

/** Where its log was when the drill began. */
export interface LogPosition {
  /** The WAL file that was being written, and how far (bytes). */
  wal: string;
  offset: number;
  /** WAL files that were complete, and not in the bucket. */
  waiting: number;
  /** After how long (ms) a file with something in it is completed; 0: never. */
  switchMs: number;
}

const STATEMENT_MS = 60_000;

/** @throws Error when it doesn't answer, or another server answers in its place */
export async function askSource(source: DrillSource): Promise<Asked> {
  const { socketFolder, port, password } = source;
  const open = (database: string): Promise<Session> =>
    connect({ socketFolder, port }, { user: PLANE_ROLE, password, database }, { statementMs: STATEMENT_MS });
  return inSession(open, 'postgres', async session => {
    const impostor = await findImpostor(session, source);
    if (impostor !== undefined) throw new Error(`another server answers in its place: ${impostor}`);
    const position = await positionOf(session);
    const before = await digestCatalogue(open);
    const name = `larder-drill-${randomBytes(6).toString('hex')}`;
    const [point] = await session.rows<{ wal: string }>('SELECT pg_walfile_name(pg_create_restore_point($1)) AS wal', [
      name,
    ]);
    const after = await digestCatalogue(open);
    await session.rows('SELECT pg_switch_wal()');
    const changed = differences(before, after);
    const catalogue = changed.length === 0 ? after : { unknown: 'it changed just when the drill began' };
    return { point: { name, wal: point?.wal ?? '' }, catalogue, position };
  });
}

async function positionOf(session: Session): Promise<LogPosition> {
  const [row] = await session.rows<{ wal: string; offset: number; waiting: string; seconds: number }>(
    `SELECT file_name AS wal, file_offset AS "offset",
            (SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready') AS waiting,
            (SELECT setting::int FROM pg_settings WHERE name = 'archive_timeout') AS seconds
       FROM pg_walfile_name_offset(pg_current_wal_insert_lsn())`,
  );
  return {
    wal: row?.wal ?? '',
    offset: row?.offset ?? 0,
    waiting: Number(row?.waiting),
    switchMs: (row?.seconds ?? 0) * 1_000,
  };
}

const BETWEEN_LOOKS_MS = 200;

/** Whether the file came into the bucket in that time. */
export async function reachesBucket(
  store: Store,
  wal: string,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<boolean> {
  const folder = archiveKeys(store.destination).walFolder(wal);
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    for await (const entry of store.list(`${folder}${wal}`, { signal })) {
      if (entry.kind === 'object' && parseArchivedName(entry.key.slice(folder.length))?.name === wal) return true;
    }
    if (performance.now() > deadline) return false;
    await delay(BETWEEN_LOOKS_MS, undefined, { signal });
  }
}
