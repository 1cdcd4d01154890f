/** A server is held to its memory and processors where the kernel can be told so; otherwise its object says that it isn't. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { ControlGroups } from '@larder/postgres';
import { asOwner, patchSpec, recordOf, rigScope, rigWithServer, untilReady, untilServer, type Rig } from './rig.ts';

const MiB = 2 ** 20;

describe('the limits of a server', () => {
  let rig: Rig;
  let possible: boolean;
  const scope = rigScope();
  before(async () => {
    const groups = await ControlGroups.open(`larder-probe-${process.pid}`);
    possible = Object.values(groups.holds({ memoryBytes: 1, milliCpu: 1 })).every(Boolean);
    rig = await rigWithServer(scope, 'one', { spec: { memoryBytes: 256 * MiB, milliCpu: 1_500 } });
  });
  const groupsOf = async (): Promise<string> => {
    const { process: server } = await recordOf(rig, 'one');
    return readFileSync(`/proc/${server!.pid}/cgroup`, 'utf8');
  };

  it('hold, or the object says that they do not and what to do', async () => {
    const { status } = await untilReady(rig, 'one');
    assert.equal(status?.resources?.enforced, possible);
    if (possible) assert.match(await groupsOf(), /larder-[0-9a-f]{10}\/one$/m);
    else assert.match(status?.resources?.message ?? '', /may make no control groups .* run it as root/);
  });

  it('end a session that takes too much, and the server goes on', async t => {
    if (!possible) return t.skip('not run: no control groups can be made here');
    const { process: first } = await recordOf(rig, 'one');
    await asOwner(rig, 'one', session => session.rows('CREATE TABLE public.kept AS SELECT 42 AS answer'));
    const greedy = asOwner(rig, 'one', session => session.rows("SELECT length(repeat(repeat('x', 1000000), 400))"));
    await assert.rejects(greedy, /terminat|closed|ECONNRESET/i);
    const again = async (): Promise<unknown[]> =>
      asOwner(rig, 'one', session => session.rows('SELECT answer FROM public.kept')).catch((error: Error) => {
        if (/accepting|starting up|recovery|ECONNRESET|terminat|closed/i.test(error.message)) return again();
        throw error;
      });
    assert.deepEqual(await again(), [{ answer: 42 }]);
    assert.deepEqual((await recordOf(rig, 'one')).process, first);
  });

  it('change without a restart, and one that is used up already waits for one', async t => {
    if (!possible) return t.skip('not run: no control groups can be made here');
    const { process: first } = await recordOf(rig, 'one');
    await patchSpec(rig, 'one', { memoryBytes: 1024 * MiB, milliCpu: 2_000 });
    await untilReady(rig, 'one');
    await asOwner(rig, 'one', session => session.rows("SELECT length(repeat(repeat('x', 1000000), 400))"));
    await patchSpec(rig, 'one', { memoryBytes: 2 * MiB });
    const waiting = await untilServer(rig, 'one', ({ status }) => status?.resources?.enforced === false);
    assert.match(
      waiting.status?.resources?.message ?? '',
      /it uses \d+Mi now, and the limit of 2Mi holds from its next/,
    );
    await patchSpec(rig, 'one', { memoryBytes: 256 * MiB });
    await untilServer(rig, 'one', ({ status }) => status?.resources?.enforced === true);
    assert.deepEqual((await recordOf(rig, 'one')).process, first);
  });
});
