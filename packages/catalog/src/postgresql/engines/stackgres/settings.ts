/** What StackGres lets nobody set: its webhook would refuse the whole configuration. */
import type { Parameters } from '../../parameters.ts';
import type { Refused } from '../../refused.ts';
import type { Plan } from '../cluster/decide.ts';

/** Already so under StackGres, and may not be said. */
const unspoken = new Set(['fsync', 'full_page_writes', 'wal_level']);

const operators = new Set(['max_replication_slots', 'max_wal_senders', 'wal_log_hints', 'wal_keep_segments']);

export function refuseForStackGres(wanted: Parameters): Refused[] {
  return Object.entries(wanted.settings)
    .filter(([name]) => operators.has(name.toLowerCase()))
    .map(([name, value]) => ({
      reason: 'SettingNotAccepted' as const,
      field: `settings.${name}`,
      value,
      because: 'is not possible on StackGres, which sets it itself: leave it out',
    }));
}

/** The plan's settings as an SGPostgresConfig takes them. */
export function configSettings({ settings }: Plan): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !unspoken.has(name) && !operators.has(name)));
}
