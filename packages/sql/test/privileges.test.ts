/** What each privilege allows and forbids, tried as the user, on things made before and after. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { scopeOfSuite } from '../../postgres/test/machine.ts';
import { makeRig, refusal, type Rig } from './rig.ts';

/** PostgreSQL: insufficient_privilege. */
const DENIED = '42501';

const readers = [
  'select * from "before"',
  'select * from "after"',
  'select * from later."made later"',
  'select last_value from before_id_seq',
];
const writers = [
  'insert into "before" (text) values (1)',
  'update "after" set text = 2',
  'delete from later."made later"',
  "select pg_catalog.nextval('before_id_seq')",
];
const owners = [
  'create table mine (id int)',
  'create schema my_schema',
  'alter table "before" add column more int',
  'drop table "after"',
  'truncate "before"',
];
const nobodys = [
  'create role another',
  'alter role app superuser',
  'set role larder',
  'create database more',
  'copy "before" to \'/tmp/never\'',
  'grant pg_read_all_data to app',
];

const allowed: Record<string, string[]> = {
  readonly: readers,
  readwrite: [...readers, ...writers, 'create temp table scratch (id int)'],
  owner: [...readers, ...writers, ...owners],
};
const everything = [...readers, ...writers, ...owners];

describe('a user of an instance', () => {
  const scope = scopeOfSuite();
  let rig: Rig;
  before(async () => {
    rig = await makeRig(scope, { lent: true });
    await asOwner('create table "before" (id serial, text int)');
    rig.start();
    for (const privilege of ['readonly', 'readwrite', 'owner'] as const) {
      await rig.createRole(privilege, { grants: [{ database: 'app', privilege }] });
      await rig.createRole(`turning-${privilege}`, { grants: [{ database: 'app', privilege }], rotationSeconds: 3600 });
    }
    await rig.createRole('stranger');
    for (const name of [
      'readonly',
      'readwrite',
      'owner',
      'turning-readonly',
      'turning-readwrite',
      'turning-owner',
      'stranger',
    ]) {
      await rig.untilReady('PostgresRole', name);
    }
    // By an owner user: what it makes must be everybody's with a right on the database.
    await rig.asRole('owner', async session => {
      await session.rows('set search_path = public');
      await session.rows(
        'create table "after" (id serial, text int); create schema later; create table later."made later" (id int)',
      );
    });
  });

  const asOwner = (sql: string): Promise<unknown> =>
    rig.asSuperuser(async session => {
      await session.rows('set role app; set search_path = public');
      await session.rows(sql);
    }, 'app');

  for (const privilege of ['readonly', 'readwrite', 'owner']) {
    for (const name of [privilege, `turning-${privilege}`]) {
      it(`may, as ${name}, what ${privilege} says, and nothing else`, async () => {
        await rig.asRole(name, async session => {
          await session.rows('set search_path = public');
          for (const sql of everything) {
            // Undone at once, so that each statement finds everything as it was.
            await session.rows('begin');
            const code = await refusal(session, sql);
            await session.rows('rollback');
            assert.equal(code, allowed[privilege]?.includes(sql) ? '' : DENIED, `${sql} as ${name}`);
          }
          for (const sql of nobodys) assert.equal(await refusal(session, sql), DENIED, `${sql} as ${name}`);
        });
      });
    }
  }

  it('makes what belongs to the owner of the database, not to a login', async () => {
    const rows = await rig.asSuperuser(
      session =>
        session.rows<{ owner: string }>(
          "select pg_get_userbyid(relowner) as owner from pg_class where relname in ('after', 'made later')",
        ),
      'app',
    );
    assert.deepEqual(
      rows.map(({ owner }) => owner),
      ['app', 'app'],
    );
  });

  it('can not enter the database without a grant', async () => {
    await assert.rejects(
      rig.asRole('stranger', session => session.rows('select 1'), { database: 'app' }),
      { code: DENIED },
    );
    await rig.asRole('stranger', session => session.rows('select 1'), { database: 'postgres' });
  });

  it('has a name of any characters', async () => {
    const name = `o'Brien "x"; drop role app; --\u00e9\n%`;
    await rig.createRole('any', { name, grants: [{ database: 'app', privilege: 'readonly' }] });
    await rig.untilReady('PostgresRole', 'any');
    const [row] = await rig.asRole('any', session => session.rows<{ me: string }>('select current_user as me'));
    assert.equal(row?.me, name);
  });

  it('loses a right that its claim no longer has', async () => {
    await rig.createRole('shrinking', { grants: [{ database: 'app', privilege: 'owner' }] });
    await rig.untilReady('PostgresRole', 'shrinking');
    const ref = { apiVersion: 'sql.larder.dev/v1alpha1', kind: 'PostgresRole', name: 'shrinking' };
    await rig.client.patch(ref, {
      type: 'merge',
      body: { spec: { grants: [{ database: 'app', privilege: 'readonly' }] } },
    });
    await rig.untilReady('PostgresRole', 'shrinking');
    await rig.asRole('shrinking', async session => {
      assert.equal(await refusal(session, 'select * from public."before"'), '');
      assert.equal(await refusal(session, 'insert into public."before" (text) values (1)'), DENIED);
      assert.equal(await refusal(session, 'set role app'), DENIED);
    });
  });

  it('is put right when somebody changes it by hand', async () => {
    await rig.stop();
    await rig.asSuperuser(session =>
      session.rows('revoke app from owner; alter role owner createdb createrole; alter role readonly password null'),
    );
    rig.start();
    await rig.untilEvent('PostgresRole', 'owner', 'DriftPutRight');
    await rig.untilEvent('PostgresRole', 'readonly', 'DriftPutRight');
    await rig.asRole('owner', session => session.rows('set role app'));
    await rig.asRole('readonly', session => session.rows('select 1'));
    const [row] = await rig.asSuperuser(session =>
      session.rows<{ any: boolean }>(
        "select rolcreatedb or rolcreaterole as any from pg_roles where rolname = 'owner'",
      ),
    );
    assert.equal(row?.any, false);
  });

  it('gets back what it has by being a member, however that was taken', async () => {
    await rig.createRole('member', { grants: [{ database: 'app', privilege: 'readwrite' }] });
    await rig.untilReady('PostgresRole', 'member');
    await rig.stop();
    await rig.asSuperuser(async session => {
      const [group] = await session.rows<{ name: string }>(
        "select 'larder_readwrite_' || oid as name from pg_database where datname = 'app'",
      );
      await session.rows(`alter role member noinherit valid until '2000-01-01'`);
      await session.rows(`revoke temporary on database app from ${group?.name}`);
      await session.rows(`grant ${group?.name} to member with inherit false, set false`);
    });
    rig.start();
    assert.match(await rig.untilEvent('PostgresRole', 'member', 'DriftPutRight'), /its attributes.*a right/);
    await rig.untilReady('PostgresRole', 'member');
    await rig.asRole('member', async session => {
      assert.equal(await refusal(session, 'insert into public."before" (text) values (1)'), '');
      assert.equal(await refusal(session, 'create temp table scratch (id int)'), '');
    });
  });

  it('that only reads is told what the owner of the database lets everybody write', async () => {
    await asOwner(
      'create table "open to all" (id int, text text); create table columns (id int, text text);' +
        'grant insert on "open to all" to public; grant update (text) on columns to public',
    );
    await rig.createRole('told', { grants: [{ database: 'app', privilege: 'readonly' }] });
    await rig.untilReady('PostgresRole', 'told');
    await rig.resyncFresh();
    const message = await rig.untilReason('PostgresRole', 'told', 'PublicMayWrite');
    assert.match(message, /write to columns of table public\.columns/);
    assert.match(message, /write to table public\."open to all"/);
    await asOwner('alter default privileges grant insert on tables to public');
    await rig.resyncFresh();
    await rig.createRole('told-too', { grants: [{ database: 'app', privilege: 'readonly' }] });
    assert.match(await rig.untilReason('PostgresRole', 'told-too', 'PublicMayWrite'), /write to tables that app makes/);
    await asOwner('drop table "open to all", columns; alter default privileges revoke insert on tables from public');
    await rig.resyncFresh();
  });

  it('costs no write to the catalogue when all is as it should be', async () => {
    await rig.stop();
    const lastTransaction = (): Promise<string> =>
      rig.asSuperuser(async session => {
        const [row] = await session.rows<{ id: string }>('select pg_snapshot_xmax(pg_current_snapshot())::text as id');
        return row?.id ?? '';
      });
    const before = await lastTransaction();
    await rig.resync([
      'readonly',
      'readwrite',
      'owner',
      'turning-readonly',
      'turning-readwrite',
      'turning-owner',
      'any',
    ]);
    assert.equal(await lastTransaction(), before);
  });
});
