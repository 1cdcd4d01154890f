/** Settings that follow from the size of an instance. The owner's own settings go before them. */

/** What an instance may count on. */
export interface Capacity {
  memoryBytes: number;
  storageBytes: number;
  /** Whole processors, at least one. */
  cpus: number;
}

const KiB = 1024;
const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
/** A WAL segment; PostgreSQL wants room for two. */
const segment = 16 * MiB;

/** For each setting made here, the field below `spec.parameters` that it follows from where the owner doesn't set it. */
export const sizedBy: Record<string, string> = {
  max_connections: 'resources.limits.memory',
  shared_buffers: 'resources.limits.memory',
  effective_cache_size: 'resources.limits.memory',
  work_mem: 'resources.limits.memory',
  maintenance_work_mem: 'resources.limits.memory',
  max_wal_size: 'resources.storageSize',
  min_wal_size: 'resources.storageSize',
  max_slot_wal_keep_size: 'resources.storageSize',
  temp_file_limit: 'resources.storageSize',
  max_worker_processes: 'resources.limits.cpu',
  max_parallel_workers: 'resources.limits.cpu',
  max_parallel_workers_per_gather: 'resources.limits.cpu',
  max_parallel_maintenance_workers: 'resources.limits.cpu',
};

/** The settings for a size. `maxConnections` is the owner's, where they set it. */
export function sizedSettings(capacity: Capacity, maxConnections?: number): Record<string, string> {
  const { memoryBytes: memory, storageBytes: storage, cpus } = capacity;
  const connections = maxConnections ?? defaultConnections(memory);
  const sharedBuffers = within(memory / 4, 16 * MiB, 16 * GiB);
  const maxWal = within(storage / 10, 2 * segment, 8 * GiB, segment);
  const gather = Math.min(4, Math.floor(cpus / 2));
  return {
    max_connections: String(connections),
    shared_buffers: megabytes(sharedBuffers),
    effective_cache_size: megabytes((memory * 3) / 4),
    // Half of what is left, if every connection sorts at once.
    work_mem: `${within((memory - sharedBuffers) / (2 * connections), MiB, 64 * MiB, 64 * KiB) / KiB}kB`,
    maintenance_work_mem: megabytes(within(memory / 16, 16 * MiB, 2 * GiB)),
    max_wal_size: megabytes(maxWal),
    min_wal_size: megabytes(within(maxWal / 4, 2 * segment, GiB, segment)),
    // A forgotten replication slot may not fill the storage.
    max_slot_wal_keep_size: megabytes(within(storage / 4, 4 * segment, Infinity)),
    // Nor may one runaway query.
    temp_file_limit: megabytes(within(storage / 4, 64 * MiB, Infinity)),
    max_worker_processes: String(Math.max(8, cpus + 4)),
    max_parallel_workers: String(cpus),
    max_parallel_workers_per_gather: String(gather),
    max_parallel_maintenance_workers: String(gather),
  };
}

/** How many may connect where the owner doesn't say. In steps, so that a little more memory doesn't change it. */
export function defaultConnections(memoryBytes: number): number {
  if (memoryBytes < 256 * MiB) return 25;
  if (memoryBytes < 512 * MiB) return 50;
  if (memoryBytes < 8 * GiB) return 100;
  return memoryBytes < 32 * GiB ? 200 : 400;
}

function within(bytes: number, least: number, most: number, multipleOf = MiB): number {
  return Math.min(most, Math.max(least, Math.floor(bytes / multipleOf) * multipleOf));
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / MiB)}MB`;
}
