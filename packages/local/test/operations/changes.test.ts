/** What is done to a server once: restarts, what waits, other versions; real servers, and planes that went in the middle. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { POLICY, type PostgresServer } from '@larder/catalog';
import { stopServer } from '@larder/postgres';
import { placeOf } from '../../src/servers/index.ts';
import { writeRecord, type InstanceRecord, type RestartRecord } from '../../src/servers/record.ts';
import { asOwner, patchSpec, recordOf, rigScope, serverObject, untilReady, untilServer } from '../servers/rig.ts';
import { ask, operationsRig, refOfChange, untilChange, untilOver, type OperationsRig } from './rig.ts';

async function settingOf(rig: OperationsRig, name: string): Promise<string | undefined> {
  const [row] = await asOwner(rig, 'one', session =>
    session.rows<{ value: string }>('SELECT current_setting($1) AS value', [name]),
  );
  return row?.value;
}

function pendingFields({ status }: PostgresServer): string[] {
  return (status?.pendingChanges ?? []).map(({ field, to }) => `${field}=${to}`);
}

async function setPolicy({ client }: OperationsRig, data: Record<string, string>): Promise<void> {
  const { name, namespace, apiVersion, kind } = POLICY;
  if (await client.find(POLICY)) await client.delete(POLICY);
  await client.create({ apiVersion, kind, metadata: { name, namespace }, data });
}

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
    await untilServer(rig, 'one', server => pendingFields(server).length === 1);
    const { status } = await untilOver(rig, await ask(rig, 'one', 'Restart'));
    assert.deepEqual([status?.phase, status?.done, status?.grant], ['Succeeded', ['restarted'], undefined]);
    assert.match(status?.downtime ?? '', /^\d+\.\d\ds$/);
    const [step] = status?.steps ?? [];
    assert.ok(step?.name === 'Restart' && step.startedAt <= (step.completedAt ?? ''), JSON.stringify(step));
    const { process: second } = await recordOf(rig, 'one');
    assert.notDeepEqual(second, first);
    const told = ({ status: seen }: PostgresServer): boolean => seen?.maintenance?.lastRun?.operation === 'Restart';
    const server = await untilServer(rig, 'one', told);
    assert.deepEqual(pendingFields(server), ['settings.max_connections=55']);
    assert.equal(server.status?.maintenance?.current, undefined);
    assert.equal(await settingOf(rig, 'max_connections'), '100');
    assert.deepEqual((await recordOf(rig, 'one')).process, second, 'it was restarted once');
  });

  it('ApplyPending brings in what waits, and says that nothing waits when nothing does', async () => {
    const { status } = await untilOver(rig, await ask(rig, 'one', 'ApplyPending'));
    assert.deepEqual([status?.phase, status?.done], ['Succeeded', ['max_connections 100 → 55']], status?.message);
    assert.equal(await settingOf(rig, 'max_connections'), '55');
    await untilServer(rig, 'one', server => pendingFields(server).length === 0);
    const { process: before } = await recordOf(rig, 'one');
    const again = await untilOver(rig, await ask(rig, 'one', 'ApplyPending'));
    assert.deepEqual([again.status?.phase, again.status?.done], ['Succeeded', ['nothing was waiting']]);
    assert.deepEqual((await recordOf(rig, 'one')).process, before);
  });

  it('settings that the server does not start with are taken back, and the change says why', async () => {
    const settings = { shared_buffers: '900TB', max_connections: '55' };
    await patchSpec(rig, 'one', { settings });
    await untilServer(rig, 'one', server => pendingFields(server).includes('settings.shared_buffers=900TB'));
    const { status } = await untilOver(rig, await ask(rig, 'one', 'ApplyPending'));
    assert.equal(status?.phase, 'Failed');
    assert.match(status?.message ?? '', /shared_buffers/);
    assert.equal(await settingOf(rig, 'shared_buffers'), '16MB');
    await patchSpec(rig, 'one', { settings: { ...settings, shared_buffers: '16MB' } });
    await untilServer(rig, 'one', server => pendingFields(server).length === 0);
  });

  it('while the plane’s policy says stop a change waits, a second one is refused, and the first can be cancelled', async () => {
    await setPolicy(rig, { stop: 'true' });
    const { process: before } = await recordOf(rig, 'one');
    const first = await ask(rig, 'one', 'Restart');
    const held = await untilChange(rig, first, ({ status }) => status?.message !== undefined);
    assert.match(held.status?.message ?? '', /larder-policy says stop/);
    const second = await untilOver(rig, await ask(rig, 'one', 'ApplyPending'));
    assert.equal(second.status?.phase, 'Failed');
    assert.match(second.status?.message ?? '', /^Restart of this instance is in line/);
    await rig.client.patch(refOfChange(first), { type: 'merge', body: { spec: { cancel: true } } });
    const cancelled = await untilOver(rig, first);
    assert.equal(cancelled.status?.phase, 'Cancelled');
    assert.deepEqual((await recordOf(rig, 'one')).process, before);
    await patchSpec(rig, 'one', { apply: 'Immediate', settings: { shared_buffers: '16MB', max_connections: '56' } });
    const waits = await untilServer(rig, 'one', server => pendingFields(server).length === 1);
    assert.match(waits.status?.pendingChanges?.[0]?.when ?? '', /larder-policy says stop/);
    assert.match(waits.status?.maintenance?.message ?? '', /larder-policy says stop/);
    await setPolicy(rig, { stop: 'false' });
    await untilServer(
      rig,
      'one',
      server => pendingFields(server).length === 0 && server.status?.lastRestart !== undefined,
    );
    assert.equal(await settingOf(rig, 'max_connections'), '56');
    await patchSpec(rig, 'one', { apply: 'Scheduled' });
  });

  it('Vacuum vacuums every database', async () => {
    const { status } = await untilOver(rig, await ask(rig, 'one', 'Vacuum'));
    assert.deepEqual(
      [status?.phase, status?.done],
      ['Succeeded', ['vacuumed and analysed app, postgres']],
      status?.message,
    );
  });

  for (const at of [
    'before the server ended',
    'after the server ended',
    'after the server was started again',
  ] as const) {
    it(`a plane that was killed in a restart, ${at}, ends what it began, and does it once`, async () => {
      await rig.stopOperations();
      await rig.stopPlane();
      const record = await recordOf(rig, 'one');
      const restart = halfDone(record, at);
      await writeRecord(placeOf(rig.home, 'one'), { ...record, restart });
      if (at === 'after the server ended') await stopServer(record.process!, record.account ?? undefined);
      rig.runPlane();
      rig.runOperations();
      await untilServer(rig, 'one', ({ status }) => status?.lastRestart?.startedAt === restart.startedAt);
      const { process: after, restart: done } = await recordOf(rig, 'one');
      assert.notDeepEqual(after, restart.process);
      assert.ok(done?.completedAt !== undefined && done.failure === undefined, JSON.stringify(done));
      if (at === 'after the server was started again') assert.deepEqual(after, record.process);
      await asOwner(rig, 'one', session => session.rows('SELECT 1'));
    });
  }
});

/** What a plane leaves that was killed at that point. */
function halfDone({ process, binaries, settings = {} }: InstanceRecord, at: string): RestartRecord {
  const version = binaries?.version ?? '';
  const gone = { ...process!, startTicks: process!.startTicks - 1 };
  return {
    process: at === 'after the server was started again' ? gone : process!,
    startedAt: new Date().toISOString(),
    from: { version, settings },
    to: version,
  };
}
