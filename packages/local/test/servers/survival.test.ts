/** What happens to servers when the plane, they themselves, their port, their data or their storage come to harm. */
import assert from 'node:assert/strict';
import { rmSync, renameSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { connect, isAlive, observeServer } from '@larder/postgres';
import { placeOf } from '../../src/servers/index.ts';
import {
  asOwner,
  credentialsOf,
  messageOf,
  patchSpec,
  recordOf,
  rigScope,
  rigWithServer,
  untilReady,
  untilReason,
  whileDown,
  type Rig,
} from './rig.ts';

describe('a server', () => {
  let rig: Rig;
  const scope = rigScope();
  before(async () => {
    rig = await rigWithServer(scope, 'one');
  });

  it('keeps its process and its connections while the plane goes and comes back', async () => {
    const { process: first } = await recordOf(rig, 'one');
    const secret = await credentialsOf(rig, 'one');
    const { username: user = '', password = '', database = '', endpoint: host = '', port } = secret;
    const session = await connect(
      { host, port: Number(port), ca: secret['ca.crt'] ?? '' },
      { user, password, database },
    );
    await rig.stopPlane();
    await session.rows('SELECT 1');
    rig.runPlane();
    await patchSpec(rig, 'one', { settings: { work_mem: '6MB' } });
    await untilReady(rig, 'one');
    await session.rows('SELECT 1');
    await session.close();
    assert.deepEqual((await recordOf(rig, 'one')).process, first);
  });

  it('is started again when it is killed, and its object says so', async () => {
    const { process: first } = await recordOf(rig, 'one');
    await asOwner(rig, 'one', session => session.rows('CREATE TABLE public.kept AS SELECT 42 AS answer'));
    process.kill(first!.pid, 'SIGKILL');
    await untilReason(rig, 'one', 'ServerDied', 'Stable');
    await untilReady(rig, 'one');
    assert.equal(isAlive(first!), false);
    assert.deepEqual(await asOwner(rig, 'one', session => session.rows('SELECT answer FROM public.kept')), [
      { answer: 42 },
    ]);
  });

  it('waits for its own port, and says who has it', async () => {
    const { port } = await recordOf(rig, 'one');
    const thief = createServer();
    await whileDown(rig, 'one', () => thief.listen(port, '127.0.0.1'));
    const server = await untilReason(rig, 'one', 'PortTaken');
    assert.match(messageOf(server), new RegExp(`port ${port} .* process ${process.pid} \\(node`));
    const told = server.status?.conditions?.map(({ type }) => type);
    assert.ok(!told?.includes('Stable'), 'a server that was stopped in order is no dead one');
    await new Promise(resolve => thief.close(resolve));
    await untilReady(rig, 'one');
    assert.equal((await recordOf(rig, 'one')).port, port);
  });

  it('is neither started nor initialised anew on damaged data', async () => {
    const { account } = await recordOf(rig, 'one');
    const { data } = placeOf(rig.home, 'one');
    await whileDown(rig, 'one', () => renameSync(join(data, 'PG_VERSION'), join(data, 'aside')));
    const server = await untilReason(rig, 'one', 'DataDamaged');
    assert.match(messageOf(server), /PG_VERSION is missing .* restore the directory from a copy/);
    const { uid } = account ?? { uid: process.geteuid?.() ?? 0 };
    assert.equal((await observeServer({ data, uid })).kind, 'stopped');
    await whileDown(rig, 'one', () => renameSync(join(data, 'aside'), join(data, 'PG_VERSION')));
    await untilReady(rig, 'one');
  });

  it('turns read-only when its storage is all but used up, and writes again when it grows', async () => {
    await asOwner(rig, 'one', session => session.rows('CREATE TABLE public.big AS SELECT 1 AS n'));
    await patchSpec(rig, 'one', { storageBytes: 32 * 2 ** 20 });
    await untilReason(rig, 'one', 'Full', 'StorageOk');
    const insert = (): Promise<unknown> =>
      asOwner(rig, 'one', session => session.rows('INSERT INTO public.big VALUES (2)'));
    await assert.rejects(insert(), /read-only transaction/);
    const { process: first } = await recordOf(rig, 'one');
    await patchSpec(rig, 'one', { storageBytes: 2 ** 30 });
    await untilReady(rig, 'one');
    await insert();
    assert.deepEqual((await recordOf(rig, 'one')).process, first);
  });

  it('is not made anew when its folder is gone', async () => {
    await whileDown(rig, 'one', () => rmSync(placeOf(rig.home, 'one').data, { recursive: true }));
    assert.match(messageOf(await untilReason(rig, 'one', 'DataDamaged')), /is gone; put it back/);
  });
});
