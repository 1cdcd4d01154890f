/** A minor upgrade between real versions, where the older one was fetched before. Under LARDER_FULL=1. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { PostgresServer } from '@larder/catalog';
import { placeOf } from '../../src/servers/index.ts';
import { writeRecord } from '../../src/servers/record.ts';
import { cachedBuilds, takeCached } from '../servers/cached-versions.ts';
import { asOwner, patchSpec, recordOf, rigScope, serverObject, untilReady, untilServer } from '../servers/rig.ts';
import { ask, operationsRig, untilOver, type OperationsRig } from './rig.ts';

function pendingFields({ status }: PostgresServer): string[] {
  return (status?.pendingChanges ?? []).map(({ field, to }) => `${field}=${to}`);
}

const OLDER = '17.1.0-beta.14';

describe('a minor upgrade', { skip: process.env.LARDER_FULL !== '1' || !cachedBuilds().includes(OLDER) }, () => {
  let rig: OperationsRig;
  const scope = rigScope();
  before(async () => {
    rig = await operationsRig(scope);
    takeCached(rig.home.versions, [OLDER]);
    rig.runPlane();
    rig.runOperations();
    await rig.client.create(serverObject('one', { version: '17.1' }));
    await untilReady(rig, 'one');
  });

  it('is stopped by an index that the new version may sort otherwise, which is named', async () => {
    await asOwner(rig, 'one', session => session.rows('CREATE TABLE public.people (name text COLLATE "de-x-icu")'));
    await asOwner(rig, 'one', session => session.rows('CREATE INDEX people_name ON public.people (name)'));
    await rig.stopPlane();
    const record = await recordOf(rig, 'one');
    await writeRecord(placeOf(rig.home, 'one'), { ...record, binaries: { ...record.binaries!, icu: '59.1' } });
    rig.runPlane();
    await patchSpec(rig, 'one', { version: '17.10' });
    await untilServer(rig, 'one', server => pendingFields(server).includes('updatePolicy.version=17.10'));
    const { status } = await untilOver(rig, await ask(rig, 'one', 'MinorVersionUpgrade'));
    assert.equal(status?.phase, 'Failed');
    assert.match(status?.message ?? '', /ICU 59\.1 is 60[\d.]*.*app\.public\.people_name/);
    assert.equal((await recordOf(rig, 'one')).binaries?.version, '17.1');
  });

  it('restarts on the binaries of the version that waits, and brings in nothing else', async () => {
    await asOwner(rig, 'one', session => session.rows('DROP INDEX public.people_name'));
    await patchSpec(rig, 'one', { settings: { shared_buffers: '16MB', max_connections: '57' } });
    await untilServer(rig, 'one', server => pendingFields(server).length === 2);
    const { status } = await untilOver(rig, await ask(rig, 'one', 'MinorVersionUpgrade'));
    assert.deepEqual([status?.phase, status?.done], ['Succeeded', ['version 17.1 → 17.10']], status?.message);
    const server = await untilServer(rig, 'one', seen => seen.status?.version === '17.10');
    assert.deepEqual(pendingFields(server), ['settings.max_connections=57']);
    const [row] = await asOwner(rig, 'one', session =>
      session.rows<{ max: string }>("SELECT current_setting('max_connections') AS max"),
    );
    assert.equal(row?.max, '100');
  });
});
