/** Databases of claims: closed to PUBLIC, owned by a role that nobody logs in as, and never lost by a slip. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { scopeOfSuite } from '../../postgres/test/machine.ts';
import { unfinishedName } from '../src/databases/names.ts';
import { markOf } from '../src/mark.ts';
import { databaseObject, makeRig, refOf, refusal, type Rig } from './rig.ts';

describe('a database of a claim', () => {
  const scope = scopeOfSuite();
  let rig: Rig;
  const databases = async (name: string): Promise<string[]> => {
    const rows = await rig.asSuperuser(session =>
      session.rows<{ owner: string }>('select pg_get_userbyid(datdba) as owner from pg_database where datname = $1', [
        name,
      ]),
    );
    return rows.map(({ owner }) => owner);
  };

  before(async () => {
    rig = await makeRig(scope, { lent: true });
    rig.start();
    await rig.createDatabase('orders', { extensions: [{ name: 'pg_trgm' }] });
    await rig.untilReady('PostgresDatabase', 'orders');
  });

  it('belongs to a role of its own, has its extensions, and lets nobody in without a grant', async () => {
    assert.deepEqual(await databases('orders'), ['orders_owner']);
    await rig.createRole('stranger', {});
    await rig.createRole('clerk', { grants: [{ database: 'orders', privilege: 'owner' }] });
    await rig.untilReady('PostgresRole', 'stranger');
    await rig.untilReady('PostgresRole', 'clerk');
    await assert.rejects(
      rig.asRole('stranger', session => session.rows('select 1'), { database: 'orders' }),
      { code: '42501' },
    );
    await rig.asRole('clerk', async session => {
      assert.equal(await refusal(session, "create table public.lines (); select public.similarity('a', 'b')"), '');
      const [row] = await session.rows<{ owner: string }>(
        "select pg_get_userbyid(relowner) as owner from pg_class where relname = 'lines'",
      );
      assert.equal(row?.owner, 'orders_owner');
    });
  });

  it('stays when its claim goes, unless the claim says Delete', async () => {
    await rig.createDatabase('scratch', { deletionPolicy: 'Delete' });
    await rig.createDatabase('kept');
    for (const name of ['scratch', 'kept']) await rig.untilReady('PostgresDatabase', name);
    for (const name of ['scratch', 'kept']) await rig.client.delete(refOf('PostgresDatabase', name));
    assert.match(
      await rig.untilEvent('PostgresDatabase', 'scratch', 'DatabaseDropped'),
      /was dropped, \d+ connections? ended/,
    );
    assert.match(await rig.untilEvent('PostgresDatabase', 'kept', 'DatabaseRetained'), /stays/);
    assert.deepEqual([await databases('scratch'), await databases('kept')], [[], ['kept_owner']]);
    assert.deepEqual(await rig.rolesLike('scratch_owner'), []);
  });

  it('is never another one of that name', async () => {
    await rig.asSuperuser(session => session.rows('create database precious'));
    await rig.createDatabase('thief', { name: 'precious', deletionPolicy: 'Delete' });
    assert.match(await rig.untilReason('PostgresDatabase', 'thief', 'DatabaseExists'), /adopt: true/);
    await rig.client.delete(refOf('PostgresDatabase', 'thief'));
    await rig.untilGone('PostgresDatabase', 'thief');
    await rig.createDatabase('guardian', { name: 'precious', adopt: true, deletionPolicy: 'Delete' });
    await rig.untilReady('PostgresDatabase', 'guardian');
    await rig.client.delete(refOf('PostgresDatabase', 'guardian'));
    await rig.untilGone('PostgresDatabase', 'guardian');
    assert.equal((await databases('precious')).length, 1);
  });

  it('is finished by a plane that comes back, from every step between', async () => {
    for (const [index, marked] of [false, true].entries()) {
      await rig.stop();
      const object = await rig.client.create(databaseObject(`half-${index}`));
      const half = unfinishedName(object.metadata.uid ?? '');
      await rig.asSuperuser(session => session.rows(`create database ${half}`));
      if (marked) await rig.asSuperuser(session => session.rows(`comment on database ${half} is '${markOf(object)}'`));
      rig.start();
      await rig.untilReady('PostgresDatabase', `half-${index}`);
      assert.equal((await databases(`half-${index}`)).length, 1);
      assert.deepEqual(await databases(half), []);
    }
  });

  it('that somebody dropped is not made anew, empty, in silence', async () => {
    await rig.createDatabase('lost');
    await rig.untilReady('PostgresDatabase', 'lost');
    await rig.stop();
    await rig.asSuperuser(session => session.rows('drop database lost with (force)'));
    rig.start();
    assert.match(await rig.untilReason('PostgresDatabase', 'lost', 'DatabaseGone'), /restore it/);
  });

  for (const [name, says] of [
    ['template1', /comes with every server/],
    ['larder_x', /Larder's own/],
    ['x'.repeat(60), /63/],
  ] as const) {
    it(`can not be called ${name.slice(0, 12)}`, async () => {
      const claim = `refused-${name.length}`;
      await rig.createDatabase(claim, { name });
      assert.match(await rig.untilReason('PostgresDatabase', claim, 'NameNotPossible'), says);
    });
  }
});
