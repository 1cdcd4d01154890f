/** Instances made ahead: a claim takes one by renaming it, and what a plane leaves behind is neither lost nor used twice. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { before, describe, it } from 'node:test';
import { claimAccount, placeOf } from '../../src/servers/index.ts';
import { asOwner, makeRig, recordOf, rigScope, serverObject, untilReady, type Rig } from './rig.ts';

describe('an instance made ahead', () => {
  let rig: Rig;
  const scope = rigScope();
  /** None before the plane has made the folder of its instances. */
  const spares = (): string[] =>
    existsSync(rig.home.instances) ? readdirSync(rig.home.instances).filter(name => name.startsWith('.spare-')) : [];
  /** The inode of the data directory of the only spare, once it is whole. */
  const untilSpare = async (): Promise<number> => {
    for (;;) {
      const [name = '', ...more] = spares();
      const data = join(rig.home.instances, name, 'data');
      const made = statSync(data, { throwIfNoEntry: false });
      if (name !== '' && more.length === 0 && made) return made.ino;
      await delay(20);
    }
  };

  before(async () => {
    rig = await makeRig(scope);
    rig.runPlane();
  });

  it(
    'becomes the instance of the first object, under an account that is no other’s',
    { timeout: 120_000 },
    async () => {
      const made = await untilSpare();
      await rig.client.create(serverObject('first'));
      await untilReady(rig, 'first', 60_000);
      const { data } = placeOf(rig.home, 'first');
      assert.equal(statSync(data).ino, made);
      const { account } = await recordOf(rig, 'first');
      assert.equal(statSync(data).uid, account?.uid ?? process.geteuid?.());
      if (account) {
        const { folder: holder } = placeOf(rig.home, 'first');
        assert.deepEqual(await claimAccount({ holder }), account);
      }
      await asOwner(rig, 'first', session => session.rows('SELECT 1'));
    },
  );

  it('is replaced by another, with another identity', { timeout: 120_000 }, async () => {
    const made = await untilSpare();
    await rig.client.create(serverObject('second'));
    await untilReady(rig, 'second', 60_000);
    assert.equal(statSync(placeOf(rig.home, 'second').data).ino, made);
    const [first, second] = [await recordOf(rig, 'first'), await recordOf(rig, 'second')];
    assert.notEqual(first.systemIdentifier, second.systemIdentifier);
    assert.notEqual(first.port, second.port);
    if (first.account) assert.notEqual(first.account.uid, second.account?.uid);
  });

  it('is left alone where an attempt that was cut short left something', { timeout: 120_000 }, async () => {
    await untilSpare();
    const { folder } = placeOf(rig.home, 'third');
    mkdirSync(join(folder, 'conf'), { recursive: true });
    writeFileSync(join(folder, 'conf', 'pg_hba.conf'), 'half');
    await rig.client.create(serverObject('third'));
    await untilReady(rig, 'third', 60_000);
    await asOwner(rig, 'third', session => session.rows('SELECT 1'));
  });

  it('is removed by the next plane, which makes its own', { timeout: 120_000 }, async () => {
    await untilSpare();
    await rig.stopPlane();
    const left = spares();
    assert.equal(left.length, 1);
    rig.runPlane();
    while (spares().includes(left[0] ?? '')) await delay(20);
    await untilSpare();
  });
});
