/** What a backup has to know of its server, and the statements that begin and end it; on a session that the caller holds. */
import { parseLsn } from '../layout/lsn.ts';

/**
 * A session of a superuser, open until the backup has ended: when it closes, the backup is over. Its statements must be allowed to
 * take minutes, since a backup begins with a checkpoint.
 */
export interface BackupSession {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a row is as the statement makes it
  rows<Row extends Record<string, any>>(sql: string, values?: unknown[]): Promise<Row[]>;
}

export interface ServerFacts {
  version: number;
  systemIdentifier: string;
  segmentBytes: number;
  dataDirectory: string;
  checksums: boolean;
  /** Of all databases (bytes), about. */
  bytes: number;
  /** The server's `postgresql.conf`, where it lies outside the data directory: what of it makes sense elsewhere. */
  configuration?: string;
}

interface FactsRow {
  version: string;
  system: string;
  segment: string;
  data: string;
  config: string;
  checksums: string;
  bytes: string;
  recovering: boolean;
  tablespaces: string | null;
}

const FACTS = `
  SELECT current_setting('server_version_num') AS version,
         (SELECT system_identifier::text FROM pg_control_system()) AS system,
         (SELECT setting FROM pg_settings WHERE name = 'wal_segment_size') AS segment,
         current_setting('data_directory') AS data,
         current_setting('config_file') AS config,
         current_setting('data_checksums') AS checksums,
         (SELECT coalesce(sum(pg_database_size(oid)), 0)::text FROM pg_database) AS bytes,
         pg_is_in_recovery() AS recovering,
         (SELECT string_agg(quote_ident(spcname), ', ') FROM pg_tablespace WHERE oid NOT IN (1663, 1664)) AS tablespaces`;

const OLDEST = 150_000;

/** @throws Error in words for a server that can't be backed up */
export async function readServerFacts(session: BackupSession): Promise<ServerFacts> {
  const [row] = await session.rows<FactsRow>(FACTS);
  if (!row) throw new Error('cannot back up: the server says nothing of itself');
  const version = Number(row.version);
  if (version < OLDEST) throw new Error(`cannot back up a server of version ${row.version}: 15 is the oldest`);
  if (row.recovering) throw new Error('cannot back up: the server is recovering, or follows another; back up that one');
  if (row.tablespaces !== null) {
    throw new Error(
      `cannot back up: the server has the tablespaces ${row.tablespaces}, and a backup holds the data directory only; ` +
        'move what is in them to pg_default and drop them',
    );
  }
  const outside = !row.config.startsWith(`${row.data}/`);
  return {
    version,
    systemIdentifier: row.system,
    segmentBytes: Number(row.segment),
    dataDirectory: row.data,
    checksums: row.checksums === 'on',
    bytes: Number(row.bytes),
    ...(outside ? { configuration: portableConfiguration(await session.rows<SettingRow>(SETTINGS)) } : {}),
  };
}

interface SettingRow {
  name: string;
  value: string;
}

const SETTINGS = `SELECT name, current_setting(name) AS value FROM pg_settings WHERE source = 'configuration file' ORDER BY name`;

/** Of this machine, this plane, or this place in a cluster. */
const LOCAL =
  /^(ssl|log_|logging_|archive_|restore_|recovery_|listen_|unix_socket|port$|cluster_name|external_pid|primary_|synchronous_standby|.*\.|.*_(file|directory|directories)$|default_transaction_read_only)/;

/** A `postgresql.conf` with which the same data starts on any machine. */
export function portableConfiguration(settings: SettingRow[]): string {
  const lines = settings
    .filter(({ name, value }) => !LOCAL.test(name) && !/\p{Cc}/u.test(value))
    .map(({ name, value }) => `${name} = '${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`);
  return ['# What of the settings of the server that was backed up makes sense elsewhere.', ...lines, ''].join('\n');
}

/** From here on until `stop` the session is in a backup. @returns where recovery begins */
export async function startBackup(
  session: BackupSession,
  label: string,
  fast: boolean,
): Promise<{ lsn: bigint; timeline: number; time: Date }> {
  await session.rows(
    `SELECT set_config('statement_timeout', '0', false), set_config('idle_session_timeout', '0', false)`,
  );
  const [row] = await session.rows<{ lsn: string; time: Date }>(
    `SELECT pg_backup_start($1, $2)::text AS lsn, clock_timestamp() AS time`,
    [label, fast],
  );
  const [point] = await session.rows<{ timeline: number }>(
    `SELECT timeline_id AS timeline FROM pg_control_checkpoint()`,
  );
  if (!row || !point) throw new Error('cannot back up: the server did not say where the backup begins');
  return { lsn: parseLsn(row.lsn), timeline: point.timeline, time: row.time };
}

/** Doesn't wait for the archive: whoever calls asks the bucket itself. */
export async function stopBackup(session: BackupSession): Promise<{ lsn: bigint; label: string; time: Date }> {
  const [row] = await session.rows<{ lsn: string; label: string; time: Date }>(
    `SELECT lsn::text, labelfile AS label, clock_timestamp() AS time FROM pg_backup_stop(wait_for_archive => false)`,
  );
  if (!row) throw new Error('cannot back up: the server did not say where the backup ends');
  return { lsn: parseLsn(row.lsn), label: row.label, time: row.time };
}

/**
 * Those of the segments that this server's archiver hasn't acknowledged. A name in the bucket alone proves nothing: a copy of the server
 * that archives under the same name may have put its own segment there.
 */
export async function unacknowledged(session: BackupSession, segments: string[]): Promise<string[]> {
  const rows = await session.rows<{ segment: string }>(UNACKNOWLEDGED, [segments]);
  return rows.map(({ segment }) => segment);
}

/** A segment that the server has removed was acknowledged before. */
const UNACKNOWLEDGED = `
  WITH status AS MATERIALIZED (SELECT name FROM pg_ls_archive_statusdir()),
       log AS MATERIALIZED (SELECT name FROM pg_ls_waldir())
  SELECT segment FROM unnest($1::text[]) AS segment
  WHERE segment || '.ready' IN (SELECT name FROM status)
     OR (segment IN (SELECT name FROM log) AND segment || '.done' NOT IN (SELECT name FROM status))`;
