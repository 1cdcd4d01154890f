/** What is done to a server once: restarts, what waits, another version; real servers, and planes that go in the middle. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { ProcessWatch } from '@larder/postgres';
import { asOwner, patchSpec, recordOf, rigScope, serverObject, untilReady, untilServer } from '../servers/rig.ts';
import { ask, operationsRig, untilOver, type OperationsRig } from './rig.ts';

void ProcessWatch;

describe('changes of a server', () => {
  let rig: OperationsRig;
  const scope = rigScope();
  before(async () => {
    rig = await operationsRig(scope);
    rig.runPlane();
    rig.runOperations();
    await rig.client.create(serverObject('one'));
    await untilReady(rig, 'one');
  });

  it('Restart restarts the server once, says how long connections were away, and leaves what waits', async () => {
    const { process: first } = await recordOf(rig, 'one');
    await patchSpec(rig, 'one', { settings: { shared_buffers: '16MB', max_connections: '55' } });
    await untilServer(rig, 'one', ({ status }) => status?.pendingChanges?.length === 1);
    const { status } = await untilOver(rig, await ask(rig, 'one', 'Restart'));
    assert.deepEqual(
      [status?.phase, status?.done, status?.grant],
      ['Succeeded', ['restarted'], undefined],
      status?.message,
    );
    assert.match(status?.downtime ?? '', /^\d+\.\d\ds$/);
    const { process: second } = await recordOf(rig, 'one');
    assert.notDeepEqual(second, first);
    const server = await untilServer(
      rig,
      'one',
      ({ status: seen }) => seen?.maintenance?.lastRun?.operation === 'Restart',
    );
    assert.deepEqual(
      server.status?.pendingChanges?.map(({ field, to }) => [field, to]),
      [['settings.max_connections', '55']],
    );
    assert.equal(server.status?.maintenance?.current, undefined);
    const [row] = await asOwner(rig, 'one', session =>
      session.rows<{ max: string }>("SELECT current_setting('max_connections') AS max"),
    );
    assert.equal(row?.max, '100');
    assert.deepEqual((await recordOf(rig, 'one')).process, second, 'it was restarted once');
  });

  it('ApplyPending brings in what waits, and says that nothing waits when nothing does', async () => {
    const { status } = await untilOver(rig, await ask(rig, 'one', 'ApplyPending'));
    assert.deepEqual([status?.phase, status?.done], ['Succeeded', ['max_connections 100 → 55']], status?.message);
    const [row] = await asOwner(rig, 'one', session =>
      session.rows<{ max: string }>("SELECT current_setting('max_connections') AS max"),
    );
    assert.equal(row?.max, '55');
    await untilServer(rig, 'one', ({ status: seen }) => seen?.pendingChanges?.length === 0);
    const { process: before } = await recordOf(rig, 'one');
    const again = await untilOver(rig, await ask(rig, 'one', 'ApplyPending'));
    assert.deepEqual([again.status?.phase, again.status?.done], ['Succeeded', ['nothing was waiting']]);
    assert.deepEqual((await recordOf(rig, 'one')).process, before);
  });

  it('Vacuum vacuums every database', async () => {
    const { status } = await untilOver(rig, await ask(rig, 'one', 'Vacuum'));
    assert.deepEqual(
      [status?.phase, status?.done],
      ['Succeeded', ['vacuumed and analysed app, postgres']],
      status?.message,
    );
  });
});
