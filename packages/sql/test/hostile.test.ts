/** A tenant lays traps in their database for whoever comes with more rights. None of them may ever spring. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { scopeOfSuite } from '../../postgres/test/machine.ts';
import { makeRig, refOf, refusal, type Rig } from './rig.ts';

/** Says who ran it, and answers what was asked for, so that nothing fails early. */
const trap = (signature: string, returns: string, answer: string): string => `
  create function public.${signature} returns ${returns} language plpgsql as $body$
  begin
    insert into public.caught values (session_user, '${signature.replaceAll("'", '')}');
    return ${answer};
  end $body$`;

const traps = [
  'create table public.caught (who name, by text)',
  'grant insert on public.caught to public',
  trap('quote_ident(name)', 'text', "'pg_authid'"),
  trap('aclexplode(aclitem[])', 'record', 'null'),
  trap('has_table_privilege(oid, oid, text)', 'boolean', 'true'),
  trap('unnest(text[])', 'text', "'role=larder'"),
  trap('substr(text, integer)', 'text', "'larder'"),
  trap('same(name, name)', 'boolean', 'true'),
  trap('same(oid, oid)', 'boolean', 'true'),
  'create operator public.= (leftarg = name, rightarg = name, function = public.same)',
  'create operator public.= (leftarg = oid, rightarg = oid, function = public.same)',
  'create table public.pg_roles (rolname name, rolsuper boolean)',
  "insert into public.pg_roles values ('larder', true)",
  'create view public.pg_namespace as select 1 as oid',
  'create table public.pg_class (oid oid, relname name)',
  // Evaluated when somebody reads or writes, which nobody of ours does.
  trap('on_read()', 'boolean', 'true'),
  'create table public.guarded (id int); alter table public.guarded enable row level security',
  'create policy spy on public.guarded using (public.on_read())',
];

/** Names as they can be, each of a table in a schema of that name. */
const names = [
  '"; drop table caught; --',
  "it's",
  'new\nline',
  '\u202eright to left',
  '$body$',
  'UPPER',
  'a.b',
  '"',
  ' ',
];

describe('a hostile database', () => {
  const scope = scopeOfSuite();
  let rig: Rig;
  before(async () => {
    rig = await makeRig(scope, { lent: true });
    rig.start();
    await rig.createRole('tenant', { grants: [{ database: 'app', privilege: 'owner' }] });
    await rig.untilReady('PostgresRole', 'tenant');
    await rig.asRole('tenant', async session => {
      for (const sql of traps) await session.rows(sql);
      for (const name of names) {
        const quoted = `"${name.replaceAll('"', '""')}"`;
        await session.rows(`create schema ${quoted}; create table ${quoted}.${quoted} (id int)`);
      }
    });
  });

  it('gains nothing while rights are given in it, taken, and users come and go', async () => {
    await rig.createRole('reader', { grants: [{ database: 'app', privilege: 'readonly' }] });
    await rig.createRole('turning', { grants: [{ database: 'app', privilege: 'owner' }], rotationSeconds: 3600 });
    await rig.untilReady('PostgresRole', 'reader');
    await rig.untilReady('PostgresRole', 'turning');
    await rig.client.delete(refOf('PostgresRole', 'turning'));
    await rig.untilGone('PostgresRole', 'turning');
    const caught = await rig.asSuperuser(
      session => session.rows<{ who: string; by: string }>('select who, by from public.caught'),
      'app',
    );
    assert.deepEqual(caught, []);
  });

  it('has tables of any name, and a right on each', async () => {
    await rig.asRole('reader', async session => {
      for (const name of names) {
        const quoted = `"${name.replaceAll('"', '""')}"`;
        assert.equal(await refusal(session, `select * from ${quoted}.${quoted}`), '', JSON.stringify(name));
        assert.equal(
          await refusal(session, `insert into ${quoted}.${quoted} values (1)`),
          '42501',
          JSON.stringify(name),
        );
      }
    });
  });

  it('would catch a session that looks into public first', async () => {
    const caught = await rig.asSuperuser(async session => {
      await session.rows('set search_path = public, pg_catalog');
      await session.rows("select 'a'::name = 'b'::name");
      return session.rows<{ who: string }>('select distinct who from public.caught');
    }, 'app');
    assert.deepEqual(caught, [{ who: 'larder' }]);
  });

  it('can not make a login act for it', async () => {
    const [row] = await rig.asSuperuser(session =>
      session.rows<{ count: number }>(
        "select count(*)::int as count from pg_roles where rolsuper and rolname <> 'larder'",
      ),
    );
    assert.equal(row?.count, 0);
  });
});
