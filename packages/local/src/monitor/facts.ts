/** What is known of a claim, as metrics. */
import { add, type Measured } from '@larder/monitor';
import type { Target } from './targets.ts';

/** `fullAt` is when the storage is used up, as it looks. */
export function measureFacts({ server, facts }: Target, fullAt?: number): Measured {
  const measured: Measured = new Map();
  const truth = (value: boolean | undefined): number | undefined => (value === undefined ? undefined : Number(value));
  add(measured, 'larder_instance_info', 1, [server, facts.version ?? '', facts.endpoint ?? '']);
  const values: Record<string, number | undefined> = {
    larder_facts_timestamp_seconds: facts.at,
    larder_instance_ready: truth(facts.ready),
    larder_instance_alerts_enabled: truth(facts.alerts),
    larder_certificate_expiry_timestamp_seconds: facts.certificateExpiry,
    larder_end_of_life_timestamp_seconds: facts.endOfLife,
    larder_pending_changes: facts.pendingChanges,
    larder_maintenance_active: truth(facts.maintenance),
    larder_storage_size_bytes: facts.storageSize,
    larder_storage_used_bytes: facts.storageUsed,
    larder_storage_full_timestamp_seconds: fullAt,
    larder_backup_enabled: truth(facts.backups),
    ...(facts.backups ? backupValues(facts) : {}),
    larder_drill_last_success_timestamp_seconds: facts.lastDrillPassed,
    larder_drill_last_result: truth(facts.lastDrillResult),
  };
  for (const [name, value] of Object.entries(values)) add(measured, name, value);
  return measured;
}

function backupValues(facts: Target['facts']): Record<string, number | undefined> {
  const { lastBackup = 0, backupFailingSince = 0 } = facts;
  return {
    larder_backup_last_success_timestamp_seconds: lastBackup,
    larder_backup_last_failure_timestamp_seconds: backupFailingSince,
    larder_backup_interval_seconds: facts.backupInterval,
    larder_recoverable_from_timestamp_seconds: facts.recoverableFrom,
    larder_recoverable_to_timestamp_seconds: facts.recoverableTo,
    larder_archive_healthy: facts.archiveHealthy === undefined ? undefined : Number(facts.archiveHealthy),
    cnpg_collector_first_recoverability_point: facts.recoverableFrom ?? 0,
    cnpg_collector_last_available_backup_timestamp: lastBackup,
    cnpg_collector_last_failed_backup_timestamp: backupFailingSince,
  };
}
