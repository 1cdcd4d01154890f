/** Settings that belong to the plane: they make a server ours, safe and recoverable. An owner can't set them. */

export interface OwnedInput {
  /** Shown in process lists and logs. */
  clusterName: string;
  /** Tells this server from every other. */
  incarnation: string;
  listenAddresses: string[];
  logFolder: string;
  tlsFolder: string;
  /** For the whole instance; bounds what WAL and slots may keep. */
  storageBytes: number;
  /** New sessions begin read-only: the storage is all but used up. */
  readOnly: boolean;
  /** Of the server: what it can write its log as. Absent: plain lines, which all can. */
  major?: number;
  /** Succeeds for a WAL file that is stored; absent while WAL isn't archived. */
  archiveCommand?: string;
}

const MEGABYTE = 2 ** 20;
export const LOG_FILE_MEGABYTES = 8;

/** What stands in every server's configuration, whatever its owner asks for. */
export function ownedSettings(input: OwnedInput): Record<string, string> {
  const { clusterName, incarnation, listenAddresses, logFolder, tlsFolder } = input;
  return {
    cluster_name: clusterName,
    'larder.incarnation': incarnation,
    listen_addresses: listenAddresses.join(','),
    unix_socket_permissions: '0700',
    ssl: 'on',
    ssl_cert_file: `${tlsFolder}/server.crt`,
    ssl_key_file: `${tlsFolder}/server.key`,
    ssl_ca_file: `${tlsFolder}/ca.crt`,
    ssl_min_protocol_version: 'TLSv1.2',
    password_encryption: 'scram-sha-256',
    wal_level: 'logical',
    archive_mode: 'on',
    // Without an archive it succeeds: archive_mode can't be switched on without a restart.
    archive_command: input.archiveCommand ?? 'true',
    // Bounds what a crash of the machine could lose where little is written.
    archive_timeout: '5min',
    logging_collector: 'on',
    log_destination: logDestination(input.major),
    log_directory: logFolder,
    // Sorted by time. Old ones are removed by the plane, and a single one can't grow beyond its share.
    log_filename: 'postgresql-%Y%m%d-%H%M%S.log',
    log_file_mode: '0600',
    log_rotation_age: '1d',
    log_rotation_size: `${LOG_FILE_MEGABYTES}MB`,
    log_truncate_on_rotation: 'off',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] %q%u@%d ',
    lc_messages: 'C',
    ...(input.readOnly ? { default_transaction_read_only: 'on' } : {}),
  };
}

/** Records rather than lines. Read anew without a restart. */
function logDestination(major: number | undefined): string {
  if (major === undefined) return 'stderr';
  return major >= 15 ? 'jsonlog' : 'csvlog';
}

/** What an owner's settings may replace. */
export function defaultSettings({ storageBytes }: Pick<OwnedInput, 'storageBytes'>): Record<string, string> {
  const share = (part: number, least: number, most: number): string =>
    `${Math.min(most, Math.max(least, Math.floor((storageBytes * part) / MEGABYTE)))}MB`;
  return {
    // Spelled as PostgreSQL spells it, or an owner's would stand beside it and lose.
    TimeZone: 'UTC',
    shared_preload_libraries: 'pg_stat_statements',
    max_wal_senders: '10',
    max_replication_slots: '10',
    // A forgotten slot must not fill the disk.
    max_slot_wal_keep_size: share(0.2, 64, 16_384),
    max_wal_size: share(0.1, 64, 4_096),
    min_wal_size: share(0.025, 32, 512),
    log_checkpoints: 'on',
    log_lock_waits: 'on',
    log_min_duration_statement: '1s',
    // A statement may hold a password. Only those that took long are written, and never with their parameters.
    log_min_error_statement: 'panic',
    log_parameter_max_length: '0',
    log_parameter_max_length_on_error: '0',
  };
}

const OWNED = new Set(
  Object.keys(
    ownedSettings({
      clusterName: '',
      incarnation: '',
      listenAddresses: [],
      logFolder: '',
      tlsFolder: '',
      storageBytes: 0,
      readOnly: false,
    }),
  ),
);

/** On the command line, or dangerous in any hands but the plane's. */
const COMMAND_LINE = new Set([
  'data_directory',
  'config_file',
  'hba_file',
  'ident_file',
  'external_pid_file',
  'unix_socket_directories',
  'unix_socket_group',
  'port',
  'archive_library',
  'restore_command',
  'allow_alter_system',
]);

export function isOwned(name: string): boolean {
  return OWNED.has(name.toLowerCase()) || COMMAND_LINE.has(name.toLowerCase()) || name.startsWith('larder.');
}
