/** Maintenance windows: what waits is made in them, after a backup, once; and nothing when the backup fails or the window is too short. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { backupKind, LOCAL_API_VERSION, type PostgresChange, type PostgresServer } from '@larder/catalog';
import { isConditionTrue, waitFor } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { patchSpec, recordOf, refOfServer, rigScope, serverObject, untilReady, untilServer } from '../servers/rig.ts';
import { operationsRig, untilOver, type OperationsRig } from './rig.ts';

const kind = (name: string): { apiVersion: string; kind: string } => ({ apiVersion: LOCAL_API_VERSION, kind: name });

const began = Date.now();

/** A window that opened so many minutes before, every day. Two of this test are two, however long lies between. */
function opened(minutes: number, window: string, from: number = began): NonNullable<PostgresServer['spec']['updates']> {
  const at = new Date(from - minutes * 60_000);
  return { schedule: `${at.getUTCMinutes()} ${at.getUTCHours()} * * *`, window, timeZone: 'UTC' };
}

async function changesOf({ client }: OperationsRig, server: string): Promise<PostgresChange[]> {
  const { items } = await client.list<PostgresChange>(kind('PostgresChange'));
  return items.filter(({ spec }) => spec.server === server);
}

/** The name of the change that the window is for, once it is there. */
async function untilBegun(rig: OperationsRig, server: string): Promise<string> {
  const { maintenance } = (
    await untilServer(rig, server, ({ status }) => status?.maintenance?.nextWindow !== undefined)
  ).status!;
  const stamp = maintenance!.nextWindow!.slice(0, 16).replaceAll(/[-:]/g, '').toLowerCase();
  const name = `${server}-${stamp}`;
  await waitFor(rig.client, { ...kind('PostgresChange'), name }, object => object !== undefined, {
    timeoutMs: 120_000,
  });
  return name;
}

const waiting = { settings: { shared_buffers: '16MB', max_connections: '55' } };

describe('a maintenance window', () => {
  let rig: OperationsRig;
  const scope = rigScope();
  before(async () => {
    rig = await operationsRig(scope);
    await rig.client.create(backupKind);
    const established = (object?: KubeObject): boolean =>
      isConditionTrue((object?.status as { conditions?: [] } | undefined)?.conditions ?? [], 'Established');
    await waitFor(rig.client, { ...backupKind, name: backupKind.metadata.name }, established, { timeoutMs: 60_000 });
    rig.runPlane();
    rig.runOperations();
    await rig.client.create(serverObject('one', { updates: opened(5, '3h') }));
    await untilReady(rig, 'one');
  });

  it('does nothing while nothing waits', async () => {
    assert.deepEqual(await changesOf(rig, 'one'), []);
  });

  it('begins with a backup, and does nothing when that fails', async () => {
    await rig.client.create({
      ...kind('PostgresArchive'),
      metadata: { name: 'one' },
      spec: { schedule: '0 3 * * *', keepAfterDeletionSeconds: 0 },
    });
    const { process: before } = await recordOf(rig, 'one');
    await patchSpec(rig, 'one', waiting);
    const name = await untilBegun(rig, 'one');
    const backup = await waitFor(rig.client, { ...kind('PostgresBackup'), name }, object => object !== undefined, {
      timeoutMs: 120_000,
    });
    const current = await untilServer(rig, 'one', ({ status }) => status?.maintenance?.current !== undefined);
    assert.equal(current.status?.maintenance?.current?.operation, 'Maintenance');
    await rig.client.updateStatus({ ...backup!, status: { phase: 'Failed', message: 'the bucket is gone' } });
    const { status } = await untilOver(rig, name);
    assert.equal(status?.phase, 'Failed');
    assert.match(status?.message ?? '', /^Nothing was done, since the backup before it failed: the bucket is gone/);
    const told = await untilServer(rig, 'one', ({ status: seen }) => seen?.maintenance?.lastRun?.result === 'Failed');
    assert.equal(told.status?.maintenance?.current, undefined);
    assert.deepEqual((await recordOf(rig, 'one')).process, before);
    assert.equal((await changesOf(rig, 'one')).length, 1, 'once a window');
  });

  it('makes what waits when the backup is there, and tells what it did', async () => {
    await patchSpec(rig, 'one', { updates: opened(7, '3h') });
    await untilServer(rig, 'one', ({ status, metadata }) => status?.observedGeneration === metadata.generation);
    const name = await untilBegun(rig, 'one');
    const backup = await waitFor(rig.client, { ...kind('PostgresBackup'), name }, object => object !== undefined, {
      timeoutMs: 120_000,
    });
    await rig.client.updateStatus({ ...backup!, status: { phase: 'Succeeded', backupName: '20261124T220000' } });
    const { status, metadata } = await untilOver(rig, name);
    assert.deepEqual(
      [status?.phase, status?.done, status?.steps?.map(step => step.name)],
      ['Succeeded', ['backup 20261124T220000', 'max_connections 100 → 55'], ['Backup', 'Apply']],
      status?.message,
    );
    assert.equal(metadata.ownerReferences?.[0]?.kind, 'PostgresServer');
    const server = await untilServer(
      rig,
      'one',
      ({ status: seen }) => seen?.maintenance?.lastRun?.result === 'Succeeded',
    );
    assert.deepEqual(server.status?.pendingChanges, []);
    assert.equal(server.status?.maintenance?.lastRun?.downtime, status?.downtime);
  });

  it('that can not hold the work is skipped, and says so', async () => {
    await rig.client.create(serverObject('short', { updates: opened(8, '9m', Date.now()) }));
    await untilReady(rig, 'short');
    await patchSpec(rig, 'short', waiting);
    const server = await untilServer(rig, 'short', ({ status }) => (status?.pendingChanges ?? []).length === 1);
    // A machine that is slow enough finds the window closed: then there is nothing to be skipped.
    const done = await waitFor(
      rig.client,
      refOfServer('short'),
      object => {
        const { maintenance } = (object as PostgresServer).status ?? {};
        return maintenance?.lastRun !== undefined || (maintenance?.nextWindow ?? '') > new Date().toISOString();
      },
      { timeoutMs: 180_000 },
    );
    const { lastRun } = (done as PostgresServer).status?.maintenance ?? {};
    if (lastRun)
      assert.deepEqual(
        [lastRun.result, /make updatePolicy\.window longer|closed/.test(lastRun.message ?? '')],
        ['Skipped', true],
      );
    assert.equal(server.status?.pendingChanges?.length, 1);
  });
});
