/**
 * The settings of a restored server's first start: nothing of the server that was backed up acts. It doesn't listen on a network,
 * archive, replicate, or load what was asked to be loaded into sessions. Pure.
 */

/** What recovery compares with, as `pg_control` says it of the server that was backed up. */
export interface ControlSettings {
  max_connections: number;
  max_worker_processes: number;
  max_wal_senders: number;
  max_prepared_transactions: number;
  max_locks_per_transaction: number;
}

const COMPARED = [
  ...(['max_connections', 'max_worker_processes', 'max_wal_senders'] as const),
  ...(['max_prepared_transactions', 'max_locks_per_transaction'] as const),
];

/** PostgreSQL's own, where a server's settings say nothing. */
const USUAL: ControlSettings = {
  max_connections: 100,
  max_worker_processes: 8,
  max_wal_senders: 10,
  max_prepared_transactions: 0,
  max_locks_per_transaction: 64,
};

/** `settings` with none of the five below what the log was written with; a server refuses to recover otherwise. */
export function atLeast(
  settings: Record<string, string>,
  control: ControlSettings | undefined,
): Record<string, string> {
  if (!control) return settings;
  const raised = COMPARED.filter(name => Number(settings[name] ?? USUAL[name]) < control[name]);
  return { ...settings, ...Object.fromEntries(raised.map(name => [name, String(control[name])])) };
}

export interface FirstStart {
  /** Of the new server, as they will be when it opens. */
  settings: Record<string, string>;
  control: ControlSettings | undefined;
  version: number;
  /** From `recoverySettings`; empty once it has recovered. */
  recovery: Record<string, string>;
}

export function firstStartSettings({ settings, control, version, recovery }: FirstStart): Record<string, string> {
  return {
    ...atLeast(settings, control),
    listen_addresses: '',
    archive_mode: 'off',
    // Without it nobody can look at a server that isn't what was asked for yet, and the five settings aren't compared.
    hot_standby: 'off',
    max_logical_replication_workers: '0',
    primary_conninfo: '',
    primary_slot_name: '',
    session_preload_libraries: '',
    local_preload_libraries: '',
    autovacuum: 'off',
    default_transaction_read_only: 'off',
    // Why it gave up, and how far it came, is read from its log.
    log_min_messages: 'warning',
    ...(version >= 170_000 ? { event_triggers: 'off' } : {}),
    ...recovery,
  };
}

/** `pg_hba.conf` until it opens: `role` through the socket with its password, nobody else. */
export function firstStartAccess(role: string): string {
  if (!/^[a-z_][a-z0-9_]*$/.test(role))
    throw new Error(`cannot let in ${JSON.stringify(role)}: that is no plain name of a role`);
  return `local   all  ${role}  scram-sha-256\nlocal   all  all  reject\nhost    all  all  0.0.0.0/0  reject\nhost    all  all  ::/0  reject\n`;
}
