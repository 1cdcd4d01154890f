/**
 * Servers of every major that Larder does not run, with a login that has CREATEROLE and CREATEDB and no more. Which release is
 * in the quick run: the system's, or one that was fetched before; LARDER_FULL=1 fetches all.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { before, describe, it, type TestContext } from 'node:test';
import { scramVerifier } from '@larder/driver';
import { scopeOfSuite } from '../../postgres/test/machine.ts';
import { findBin, startPlainServer, type PlainServer } from './plain-server.ts';
import { conditions, makeForeignRig, refOf, refusal, type ForeignRig } from './rig.ts';

const full = process.env.LARDER_FULL === '1';
const QUICK = '16.14.0-beta.17';
const system = '/usr/lib/postgresql/15/bin';

const releases = [
  '13.23.0-beta.16',
  '14.23.0-beta.17',
  '15.18.0-beta.17',
  QUICK,
  '18.4.0-beta.17',
  // Those that ignore the role of a session; 13.17 and 14.14 are not packaged.
  '15.9.0-beta.14',
  '16.5.0-beta.14',
  '17.1.0-beta.14',
];
const ignoring = new Set(['15.9.0-beta.14', '16.5.0-beta.14', '17.1.0-beta.14']);
const PASSWORD = `p'a"s$s\\w{o}r d%:@/?#é€😀`;

for (const release of full ? releases : [existsSync(system) ? system : QUICK]) {
  describe(`PostgreSQL ${release}`, () => {
    const scope = scopeOfSuite();
    let server: PlainServer | undefined;
    let rig: ForeignRig;

    before(async () => {
      const bin = release === system ? release : await findBin(scope, release, { fetch: full });
      if (bin === undefined) return;
      server = await startPlainServer(scope, bin);
      await server.asSuperuser(async session => {
        await session.rows(`CREATE ROLE manager LOGIN CREATEROLE CREATEDB PASSWORD '${await scramVerifier(PASSWORD)}'`);
        await session.rows('CREATE DATABASE theirs OWNER manager');
        await session.rows('CREATE DATABASE others');
      });
      rig = await makeForeignRig(scope, {
        endpoint: 'localhost',
        port: String(server.port),
        username: 'manager',
        password: PASSWORD,
        database: 'theirs',
        sslmode: 'verify-full',
        'ca.crt': server.ca,
      });
      rig.start();
    });

    const test = (name: string, run: (running: PlainServer) => Promise<void>): void => {
      it(name, async (t: TestContext) => {
        if (server === undefined) return t.skip('not run: its binaries are not here, or the registry can’t be reached');
        await run(server);
      });
    };

    test('gives each privilege, for what is made before and after', async () => {
      await rig.asManager(session => session.rows('create table public.made_before (id int)'));
      for (const privilege of ['readonly', 'readwrite'] as const) {
        await rig.createRole(privilege, { grants: [{ database: 'theirs', privilege }] });
        await rig.untilReady('PostgresRole', privilege);
      }
      await rig.asManager(session => session.rows('create table public.made_after (id int)'));
      for (const table of ['public.made_before', 'public.made_after']) {
        await rig.asRole('readonly', async session => {
          assert.equal(await refusal(session, `select * from ${table}`), '', table);
          assert.equal(await refusal(session, `insert into ${table} values (1)`), '42501', table);
        });
        await rig.asRole('readwrite', async session => {
          assert.equal(await refusal(session, `insert into ${table} values (1)`), '', table);
          assert.equal(await refusal(session, `drop table ${table}`), '42501', table);
        });
      }
    });

    test('does not give away the rights of the login of the secret', async () => {
      await rig.createRole('greedy', { grants: [{ database: 'theirs', privilege: 'owner' }] });
      assert.match(await rig.untilReason('PostgresRole', 'greedy', 'NotPossible'), /"manager".*ask for readwrite/);
    });

    test('tells what the login of the secret can not grant, and does the rest', async () => {
      await rig.createRole('partly', {
        grants: [
          { database: 'theirs', privilege: 'readonly' },
          { database: 'others', privilege: 'readonly' },
        ],
      });
      assert.match(await rig.untilReason('PostgresRole', 'partly', 'NotGranted'), /others: /);
      await rig.untilReady('PostgresRole', 'partly');
      await rig.asRole('partly', session => session.rows('select * from public.made_before'));
    });

    test('makes a database with an owner, and drops it with all sessions in it', async () => {
      await rig.createDatabase('orders', { deletionPolicy: 'Delete' });
      await rig.untilReady('PostgresDatabase', 'orders');
      await rig.createRole('clerk', { grants: [{ database: 'orders', privilege: 'owner' }] });
      await rig.untilReady('PostgresRole', 'clerk');
      await rig.asRole('clerk', async session => {
        await session.rows('create table public.bills ()');
        const [row] = await session.rows<{ owner: string }>(
          "select tableowner as owner from pg_tables where tablename = 'bills'",
        );
        assert.equal(row?.owner, ignoring.has(release) ? 'clerk' : 'orders_owner');
      });
      if (ignoring.has(release))
        assert.match(await rig.untilReason('PostgresRole', 'clerk', 'NotGranted'), /this release ignores/);
      await rig.client.delete(refOf('PostgresRole', 'clerk'));
      await rig.untilGone('PostgresRole', 'clerk');
      await rig.client.delete(refOf('PostgresDatabase', 'orders'));
      await rig.untilGone('PostgresDatabase', 'orders');
      assert.deepEqual(await rig.databasesLike('orders'), []);
    });

    test('loses a user who is logged in and owns things', async running => {
      await rig.createRole('leaver', { grants: [{ database: 'theirs', privilege: 'readwrite' }] });
      await rig.untilReady('PostgresRole', 'leaver');
      await running.asSuperuser(session => session.rows('grant create on database theirs to leaver'), 'theirs');
      await rig.asRole('leaver', async session => {
        await session.rows('create schema leaving; create table leaving.behind ()');
        await rig.client.delete(refOf('PostgresRole', 'leaver'));
        await rig.untilGone('PostgresRole', 'leaver');
      });
      const rows = await running.asSuperuser(
        session =>
          session.rows<{ owner: string }>(
            "select tableowner as owner from pg_tables where tablename = 'behind' union all select rolname from pg_roles where rolname = 'leaver'",
          ),
        'theirs',
      );
      assert.deepEqual(rows, [{ owner: 'manager' }]);
    });

    test('has logins that take turns, or is refused where they can not', async running => {
      await rig.createDatabase('ours');
      await rig.untilReady('PostgresDatabase', 'ours');
      const spec = { rotationSeconds: 3600, grants: [{ database: 'ours', privilege: 'owner' as const }] };
      await rig.createRole('turning', spec);
      if (ignoring.has(release)) {
        assert.match(
          await rig.untilReason('PostgresRole', 'turning', 'NotPossible'),
          /ignores ALTER ROLE … SET role.*upgrade it to/,
        );
        return;
      }
      await rig.untilReady('PostgresRole', 'turning');
      const first = await rig.secretOf('turning');
      await running.asSuperuser(
        session => session.rows(`create schema left_behind authorization ${first.username}`),
        'ours',
      );
      await rig.client.patch(refOf('PostgresRole', 'turning'), {
        type: 'merge',
        body: { spec: { rotationRequest: 'now' } },
      });
      await rig.untilSecret('turning', ({ password }) => password !== undefined && password !== first.password);
      const object = await rig.untilReady('PostgresRole', 'turning');
      // Before PostgreSQL 15 the schema public is the superuser's in every database.
      const told = conditions(object).filter(({ type, message = '' }) => type !== 'Ready' && !/public/.test(message));
      assert.deepEqual(told, []);
      await rig.asRole('turning', async session => {
        const [row] = await session.rows<{ owner: string; me: string }>(
          "select nspowner::regrole::text as owner, current_user as me from pg_namespace where nspname = 'left_behind'",
        );
        assert.deepEqual(row, { owner: 'turning', me: 'ours_owner' });
      });
    });

    test('is left as it is by a resync', async running => {
      await rig.stop();
      const catalogues = ['pg_authid', 'pg_auth_members', 'pg_database', 'pg_db_role_setting', 'pg_shdescription'];
      /** Every version of every row; what can't be granted is tried again, which writes nothing. */
      const rows = (): Promise<unknown[]> =>
        running.asSuperuser(session =>
          session.rows(
            catalogues
              .map(
                name =>
                  `select '${name}' as name, string_agg(xmin::text || ctid, ' ' order by ctid) as rows from ${name}`,
              )
              .join(' union all '),
          ),
        );
      const before = await rows();
      await rig.resync(['readonly', 'readwrite', 'partly', ...(ignoring.has(release) ? [] : ['turning'])]);
      await rig.stop();
      assert.deepEqual(await rows(), before);
    });
  });
}
