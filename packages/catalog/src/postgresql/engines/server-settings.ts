/** Puts together what a local server is configured with. */
import { librariesIn } from '../settings/texts.ts';

/** Loaded by every server: the metrics are asked of it. */
const alwaysLoaded = 'pg_stat_statements';

/** Room for backups, replicas and upgrades. */
const floor = { max_wal_senders: '10', max_replication_slots: '10' };

/** The settings that follow from the size, with the owner's before them. */
export function serverSettings(sized: Record<string, string>, owners: Record<string, string>): Record<string, string> {
  const libraries = [alwaysLoaded, ...librariesIn(owners.shared_preload_libraries ?? '')];
  return { ...floor, ...sized, ...owners, shared_preload_libraries: [...new Set(libraries)].join(',') };
}
