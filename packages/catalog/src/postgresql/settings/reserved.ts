/** Settings that an owner can't have, or only with certain values, since they would break the instance or lose data; each with why. */

interface Reserved {
  names: RegExp;
  why: string;
}

const reserved: Reserved[] = [
  {
    names: /^(data_directory|config_file|hba_file|ident_file|external_pid_file)$/,
    why: 'says where the files of the instance lie',
  },
  {
    names:
      /^(listen_addresses|port|unix_socket_.*|bonjour.*|superuser_reserved_connections|cluster_name|event_source)$/,
    why: 'says how the server is reached',
  },
  { names: /^ssl($|_)/, why: 'belongs to the certificates, which are issued for the instance' },
  {
    names: /^(krb_|gss_|oauth_|db_user_namespace$)/,
    why: 'belongs to logins, which take passwords with SCRAM',
  },
  {
    names:
      /^(archive_.*|restore_command|recovery_(target.*|end_command|min_apply_delay|prefetch)|promote_trigger_file)$/,
    why: 'belongs to archiving and recovery',
  },
  {
    names:
      /^(primary_.*|hot_standby.*|sync_replication_slots|synchronous_standby_names|synchronized_standby_slots|wal_receiver_.*)$/,
    why: 'belongs to standby servers, and the instance has none: commits could wait for ever',
  },
  {
    names:
      /^(logging_collector|log_destination|log_directory|log_filename|log_file_mode|log_rotation_.*|log_truncate_on_rotation|log_timezone|log_line_prefix|lc_messages|syslog_.*)$/,
    why: 'says where the log is kept and how it is written',
  },
  {
    names:
      /^(dynamic_library_path|extension_control_path|jit_provider|local_preload_libraries|session_preload_libraries|allow_alter_system)$/,
    why: 'says which code and configuration the server loads',
  },
  { names: /^(dynamic_shared_memory_type|shared_memory_type|huge_page_size)$/, why: 'depends on the machine' },
  { names: /^(default_tablespace|temp_tablespaces)$/, why: 'leads outside of the folder of the instance' },
  {
    names: /^default_transaction_read_only$/,
    why: 'is how writing is held back when the storage is nearly full',
  },
  { names: /^session_replication_role$/, why: 'switches triggers and foreign keys off for everybody' },
];

/** Settings with values that keep an instance whole. */
const required: Record<string, { values: string[]; why: string }> = {
  wal_level: { values: ['logical'], why: 'less could not be raised again without a restart, and upgrades need it' },
  fsync: { values: ['on'], why: 'without it a crash of the machine destroys the data' },
  full_page_writes: { values: ['on'], why: 'without it a crash of the machine destroys the data' },
  restart_after_crash: { values: ['on'], why: 'without it one crashed session ends the server' },
  exit_on_error: { values: ['off'], why: 'with it any error ends the session' },
  data_sync_retry: { values: ['off'], why: 'with it a failing disk goes unnoticed and loses data' },
  password_encryption: { values: ['scram-sha-256'], why: 'other passwords can not log in' },
  huge_pages: { values: ['off', 'try'], why: 'a machine without huge pages could not start the server' },
  io_method: { values: ['worker', 'sync'], why: 'the binaries have no other' },
  default_table_access_method: { values: ['heap'], why: 'the binaries have no other' },
};

/** Why an owner can't set `name` at all; `undefined` when they can. */
export function reservedReason(name: string): string | undefined {
  return reserved.find(({ names }) => names.test(name))?.why;
}

/** Why `name` can't have `value`, with the values that it can have; `undefined` when nothing speaks against it. */
export function unsafeValue(name: string, value: string): { values: string[]; why: string } | undefined {
  const rule = required[name];
  return rule && !rule.values.includes(canonical(value)) ? rule : undefined;
}

function canonical(value: string): string {
  const text = value.trim().toLowerCase();
  if (/^(true|t|yes|y|1)$/.test(text)) return 'on';
  return /^(false|f|no|n|0|of)$/.test(text) ? 'off' : text;
}
