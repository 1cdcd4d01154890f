/** A write that was answered survives a power loss: what the store asks of the kernel is recorded, and nothing is left unsynced at an answer. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { record, whyNotRecorded } from '../../../../hack/power-loss/record.ts';
import { readTrace } from '../../../../hack/power-loss/unsynced.ts';
import { seedOf, temporaryFolder } from './fixtures.ts';

const program = new URL('write-until-killed.ts', import.meta.url).pathname;
const wanted = 300;

it('an answered commit is synced before its answer', { skip: whyNotRecorded() }, async test => {
  const folder = await temporaryFolder(test);
  const [store, recording] = [join(folder, 'store'), join(folder, 'calls')];
  // One writer: with several, the log may hold the next commit's bytes when one is answered.
  const writing = record(recording, program, [store, '0', String(seedOf()), '1']);
  try {
    let answered = 0;
    for await (const line of writing.lines) {
      // One more: the record of the last may not be written yet when we have heard of it.
      if (line.startsWith('{"told"') && ++answered > wanted) break;
    }
  } finally {
    await writing.end();
  }
  const { answers, findings } = readTrace(await readFile(recording, 'utf8'), {
    isAnswer: beginning => beginning.startsWith(String.raw`{\"told\"`),
    // A checkpoint may be writing the database: until that is synced the log keeps all that goes there.
    matters: (path, what) =>
      path === join(store, 'store.db-wal') || (what !== 'bytes' && [store, join(store, 'store.db')].includes(path)),
  });
  assert.ok(answers >= wanted, `${answers} answers`);
  assert.deepEqual(findings, []);
});
