/** Settings whose value must suit the size of the instance: beyond it the server would not start, or one tenant would starve others. */
import type { Capacity } from '../sizing.ts';

interface Bounds {
  /** In bytes where the setting measures memory, otherwise as a plain number. */
  least?: number;
  most?: number;
  why: string;
}

const MiB = 1024 ** 2;
const memory = 'of the memory of the instance';
const storage = 'of its storage';

function share(part: number, why: string): (of: Capacity) => Bounds {
  return ({ memoryBytes, storageBytes }) => ({ most: part * (why === memory ? memoryBytes : storageBytes), why });
}

function fixed(bounds: Bounds): () => Bounds {
  return () => bounds;
}

const workers = fixed({ least: 8, most: 512, why: 'replication and parallel queries share them' });
const senders = fixed({ least: 10, most: 100, why: 'backups and upgrades need some' });
const slruBuffers = share(1 / 16, memory);

const bounds: Record<string, (of: Capacity) => Bounds> = {
  shared_buffers: share(3 / 4, memory),
  work_mem: share(1 / 2, memory),
  maintenance_work_mem: share(1, memory),
  autovacuum_work_mem: share(1, memory),
  logical_decoding_work_mem: share(1 / 2, memory),
  temp_buffers: share(1 / 2, memory),
  wal_buffers: share(1 / 8, memory),
  wal_decode_buffer_size: share(1 / 8, memory),
  min_dynamic_shared_memory: share(1 / 4, memory),
  commit_timestamp_buffers: slruBuffers,
  multixact_member_buffers: slruBuffers,
  multixact_offset_buffers: slruBuffers,
  notify_buffers: slruBuffers,
  serializable_buffers: slruBuffers,
  subtransaction_buffers: slruBuffers,
  transaction_buffers: slruBuffers,
  max_stack_depth: fixed({ most: 7 * MiB, why: 'a session has a stack of 8MB' }),
  max_connections: ({ memoryBytes }) => ({
    least: 20,
    most: Math.max(100, Math.floor(memoryBytes / (2 * MiB))),
    why: 'each takes about 2MB of memory, and some are needed for upkeep',
  }),
  max_prepared_transactions: fixed({ most: 1000, why: 'each takes shared memory' }),
  max_locks_per_transaction: fixed({ least: 10, most: 4096, why: 'each takes shared memory for every connection' }),
  max_pred_locks_per_transaction: fixed({
    least: 10,
    most: 4096,
    why: 'each takes shared memory for every connection',
  }),
  max_files_per_process: fixed({ least: 64, most: 100_000, why: 'the operating system allows no more' }),
  max_worker_processes: workers,
  max_logical_replication_workers: fixed({ most: 256, why: 'they come out of max_worker_processes' }),
  autovacuum_max_workers: fixed({ least: 1, most: 64, why: 'each takes a place among the connections' }),
  autovacuum_worker_slots: fixed({ least: 1, most: 64, why: 'each takes a place among the connections' }),
  max_wal_senders: senders,
  max_replication_slots: senders,
  'pg_stat_statements.max': fixed({ most: 100_000, why: 'each takes shared memory' }),
  track_activity_query_size: fixed({ most: 64 * 1024, why: 'it is kept in shared memory for every connection' }),
  max_wal_size: ({ storageBytes }) => ({ least: 32 * MiB, most: storageBytes / 2, why: storage }),
  min_wal_size: ({ storageBytes }) => ({ least: 32 * MiB, most: Math.max(32 * MiB, storageBytes / 4), why: storage }),
  wal_keep_size: share(1 / 4, storage),
  max_slot_wal_keep_size: ({ storageBytes }) => ({
    least: 0,
    most: storageBytes / 2,
    why: `${storage}, so that no slot fills it`,
  }),
  temp_file_limit: share(1, storage),
  max_notify_queue_pages: ({ storageBytes }) => ({
    most: storageBytes / 4 / 8192,
    why: 'a quarter of its storage in pages of 8kB',
  }),
};

/** Why `amount` doesn't suit the size, with the bounds; `undefined` when it does. */
export function outOfBounds(name: string, amount: number, size: Capacity, inBytes: boolean): string | undefined {
  const { least = -Infinity, most = Infinity, why = '' } = bounds[name]?.(size) ?? {};
  const text = (bound: number): string => (inBytes ? sizeText(bound) : String(Math.floor(bound)));
  if (amount < least) return `is too little: at least ${text(least)} is needed (${why})`;
  if (amount <= most) return undefined;
  return `is too much: at most ${text(most)} is possible (${why}); choose less or make the instance larger`;
}

function sizeText(bytes: number): string {
  return bytes >= MiB ? `${Math.floor(bytes / MiB)}MB` : `${Math.floor(bytes / 1024)}kB`;
}
