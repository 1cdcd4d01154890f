/** Estimates the shared memory of a server: with more than there is it would not start. */
import type { Refused } from '../refused.ts';
import { defaultConnections, type Capacity } from '../sizing.ts';

const MiB = 1024 ** 2;
/** What one connection takes for itself, and one lock; near to what PostgreSQL 17 allocates, rounded up. */
const perConnection = 24 * 1024;
const perLock = 320;
const perPredicateLock = 640;
const perStatement = 600;

/** Refuses settings that together want more shared memory than nine tenths of the memory. Blames the largest. */
export function sharedMemoryRefusal(
  amounts: Record<string, number>,
  settings: Record<string, string>,
  size: Capacity,
): Refused[] {
  const parts = sharedMemoryParts(amounts, size.memoryBytes);
  const total = Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);
  if (total <= size.memoryBytes * 0.9) return [];
  const blamed = Object.entries(parts)
    .filter(([name]) => name in settings)
    .sort(([, left], [, right]) => right - left)[0]?.[0];
  if (blamed === undefined) return [];
  const because = `needs with the other settings ${Math.ceil(total / MiB)}MB of shared memory, and the instance has ${Math.floor(size.memoryBytes / MiB)}MB: choose less, or raise resources.limits.memory`;
  return [{ reason: 'SettingNotAccepted', field: `settings.${blamed}`, value: settings[blamed] ?? '', because }];
}

function sharedMemoryParts(amounts: Record<string, number>, memory: number): Record<string, number> {
  const connections = amounts.max_connections ?? defaultConnections(memory);
  const lockers = connections + (amounts.max_prepared_transactions ?? 0) + 32;
  const buffers = Object.entries(amounts).filter(
    ([name, bytes]) => name.endsWith('_buffers') && name !== 'temp_buffers' && bytes > 0,
  );
  return {
    shared_buffers: memory / 4,
    ...Object.fromEntries(buffers),
    min_dynamic_shared_memory: amounts.min_dynamic_shared_memory ?? 0,
    max_connections: connections * perConnection,
    track_activity_query_size: lockers * (amounts.track_activity_query_size ?? 1024),
    max_locks_per_transaction: lockers * (amounts.max_locks_per_transaction ?? 64) * perLock,
    max_pred_locks_per_transaction: lockers * (amounts.max_pred_locks_per_transaction ?? 64) * perPredicateLock,
    'pg_stat_statements.max': (amounts['pg_stat_statements.max'] ?? 5000) * perStatement,
  };
}
