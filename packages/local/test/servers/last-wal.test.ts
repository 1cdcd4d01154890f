/** A deletion waits for WAL that it can not even list, as for any other, and then says that it is unknown what was lost. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Work } from '../../src/servers/work.ts';
import { UNFLUSHED_ANNOTATION, waitForLastWal } from '../../src/servers/archiving.ts';
import type { InstanceRecord } from '../../src/servers/record.ts';
import { scratchFolder } from '../scratch.ts';

const record = { archiving: true, systemIdentifier: '1', account: null } as InstanceRecord;

/** What the reconciler would hand over: an instance in a folder, and ports that note what they are told. */
function workIn(folder: string): { work: Work; events: string[]; patches: unknown[] } {
  const [events, patches]: [string[], unknown[]] = [[], []];
  const work = {
    memory: {},
    object: { metadata: { name: 'gone' } },
    place: { data: join(folder, 'data'), archived: join(folder, 'archived') },
    plane: {
      events: { record: (_about: unknown, { message }: { message: string }) => void events.push(message) },
      client: { patch: async (_ref: unknown, { body }: { body: unknown }) => void patches.push(body) },
    },
  } as unknown as Work;
  return { work, events, patches };
}

const unflushed = (names: string): unknown => ({ metadata: { annotations: { [UNFLUSHED_ANNOTATION]: names } } });

test('WAL that can not be listed is waited for, and told as unknown when the time is over', async () => {
  const folder = scratchFolder();
  const status = join(folder, 'data/pg_wal/archive_status');
  mkdirSync(status, { recursive: true });
  chmodSync(status, 0);
  // Root may list it all the same: its servers have accounts of their own.
  const account = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : null;
  const { work, events, patches } = workIn(folder);
  await assert.rejects(
    waitForLastWal(work, { ...record, account }),
    /WAL that can not be listed \(.*\) not in the bucket yet/,
  );
  work.memory.flushUntil = performance.now() - 1;
  await waitForLastWal(work, { ...record, account });
  assert.match(events.join(), /was deleted with WAL that can not be listed/);
  assert.deepEqual(patches, [unflushed('unknown')]);
  chmodSync(status, 0o700);
});

test('files without a mark are told by name, and a folder that is gone has none', async () => {
  const folder = scratchFolder();
  const status = join(folder, 'data/pg_wal/archive_status');
  for (const each of [status, join(folder, 'archived')]) mkdirSync(each, { recursive: true });
  const [stored, missing] = ['000000010000000000000001', '000000010000000000000002'] as const;
  for (const name of [stored, missing]) writeFileSync(join(status, `${name}.ready`), '');
  writeFileSync(join(folder, 'archived', stored), '');
  const { work, patches } = workIn(folder);
  await assert.rejects(waitForLastWal(work, record), new RegExp(`WAL file ${missing} not in the bucket yet`));
  work.memory.flushUntil = performance.now() - 1;
  await waitForLastWal(work, record);
  assert.deepEqual(patches, [unflushed(missing)]);
  await waitForLastWal(workIn(scratchFolder()).work, record);
});
