import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sizedBy, sizedSettings, type Capacity } from '../src/postgresql/sizing.ts';
import { checkSettings } from '../src/postgresql/settings/check.ts';
import { majorsWithFacts } from '../src/postgresql/facts/facts.ts';

const MiB = 1024 ** 2;

function size(memory: number, storage: number, cpus: number): Capacity {
  return { memoryBytes: memory * MiB, storageBytes: storage * MiB, cpus };
}

test('1Gi of memory, 10Gi of storage, two processors', () => {
  assert.deepEqual(sizedSettings(size(1024, 10_240, 2)), {
    max_connections: '100',
    shared_buffers: '256MB',
    effective_cache_size: '768MB',
    work_mem: '3904kB',
    maintenance_work_mem: '64MB',
    max_wal_size: '1024MB',
    min_wal_size: '256MB',
    max_slot_wal_keep_size: '2560MB',
    temp_file_limit: '2560MB',
    max_worker_processes: '8',
    max_parallel_workers: '2',
    max_parallel_workers_per_gather: '1',
    max_parallel_maintenance_workers: '1',
  });
});

test('the smallest instance', () => {
  const settings = sizedSettings(size(64, 128, 1));
  assert.equal(settings.shared_buffers, '16MB');
  assert.equal(settings.max_wal_size, '32MB');
  assert.equal(settings.max_connections, '25');
  assert.equal(settings.max_parallel_workers_per_gather, '0');
});

test('more connections leave less for each', () => {
  const [few, many] = [sizedSettings(size(4096, 10_240, 2), 20), sizedSettings(size(4096, 10_240, 2), 400)];
  assert.equal(many.max_connections, '400');
  assert.equal(few.work_mem, '65536kB');
  assert.equal(many.work_mem, '3904kB');
});

const sizes = [64, 256, 1024, 16_384, 262_144].flatMap(memory =>
  [128, 10_240, 4_194_304].flatMap(storage => [1, 8, 128].map(cpus => size(memory, storage, cpus))),
);

test('what the sizes give is what an owner could have written, at any size', () => {
  for (const capacity of sizes) {
    const sized = sizedSettings(capacity);
    for (const major of majorsWithFacts) assert.deepEqual(checkSettings(sized, major, capacity).refusals, []);
    assert.deepEqual(Object.keys(sized).sort(), Object.keys(sizedBy).sort(), 'each says what it follows from');
  }
});
