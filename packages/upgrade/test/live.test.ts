/** A server of one major becomes one of the next while applications write: nothing acknowledged is lost or there twice, and back. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { quoteLiteral, scramVerifier, withSession } from '@larder/driver';
import {
  compareSnapshots,
  copyEverythingButRows,
  analyse,
  fillViews,
  findChange,
  findKeyless,
  follow,
  followBack,
  inDatabase,
  judgeProgress,
  listDatabases,
  openSnapshot,
  prepareReturn,
  readCatalogues,
  readProgress,
  removeReplicationRole,
  removeTraces,
  stopFollowing,
  switchOver,
  type Judgement,
  type KeylessTables,
  type Snapshot,
} from '@larder/upgrade';
import { freePort } from '../../postgres/test/machine.ts';
import { makePair, pairScope, type Pair, type TestServer } from './pair.ts';
import { EVERY_KIND, RIGHTS, ROLES } from './schema-of-every-kind.ts';
import { eventually, startWriter, type Writer } from './writer.ts';

const LOCK_MS = 20_000;

describe('an upgrade from 17 to 18 under writes', () => {
  const scope = pairScope();
  let pair: Pair | undefined;
  let writer: Writer | undefined;
  let keyless: KeylessTables = {};
  let following: string[] = [];
  const snapshots: Snapshot[] = [];
  after(async () => {
    await writer?.stop();
    for (const snapshot of snapshots) await snapshot.close();
  });

  before(async () => {
    if (process.env.LARDER_FULL !== '1') return;
    pair = await makePair(scope, 17, 18);
    if (!pair) return;
    const { source } = pair;
    await inDatabase(source, 'postgres', async session => {
      await session.rows(`ALTER ROLE app PASSWORD ${quoteLiteral(await scramVerifier('sesame'))}`);
      await session.rows('CREATE DATABASE "Second; db" OWNER app');
    });
    await inDatabase(source, 'app', session => session.rows(ROLES));
    await asApp(source, EVERY_KIND);
    await asApp(
      source,
      'CREATE EXTENSION hstore; CREATE TABLE public.pairs (h hstore); INSERT INTO public.pairs VALUES ($$a=>1$$)',
    );
    await inDatabase(source, 'app', session => session.rows(`SET SESSION AUTHORIZATION app; ${RIGHTS}`));
    await asApp(
      source,
      'CREATE TABLE public.here (id int PRIMARY KEY); INSERT INTO public.here SELECT generate_series(1, 100)',
      'Second; db',
    );
  });

  const asApp = (server: TestServer, sql: string, database = 'app'): Promise<unknown> =>
    withSession(server.tls, { user: 'app', password: 'sesame', database }, session => session.rows(sql));

  it('carries all but rows, and the same rights', async t => {
    if (!pair) return t.skip('not run: LARDER_FULL=1 upgrades a live pair of servers');
    const { source, target } = pair;
    await copyEverythingButRows(source, target, { major: target.major });
    const [left, right] = await Promise.all([source, target].map(side => inDatabase(side, 'app', describeSchema)));
    assert.deepEqual(right, left);
    const roles = await Promise.all([source, target].map(side => inDatabase(side, 'app', describeRoles)));
    assert.deepEqual(roles[1], roles[0]);
  });

  it('follows, switches, and loses nothing', async t => {
    if (!pair) return t.skip('not run: LARDER_FULL=1 upgrades a live pair of servers');
    const { source, target } = pair;
    writer = startWriter({ ...source.tls }, { user: 'app', password: 'sesame', database: 'app' }, 'shop.writes');
    keyless = await findKeyless(source);
    assert.deepEqual(
      keyless.app?.map(({ name }) => name),
      ['pairs', 'keyless'],
    );
    const catalogue = await readCatalogues(source);
    following = await follow({
      from: source,
      to: target,
      way: 'larder_upgrade',
      link: source.link(target),
      keyless,
      lockMs: LOCK_MS,
    });
    assert.deepEqual(following, ['Second; db', 'app']);
    await asApp(
      source,
      "UPDATE shop.keyless SET b = 'updated' WHERE c IS NULL; DELETE FROM shop.t; INSERT INTO shop.t VALUES ('u')",
    );
    const databases = await listDatabases(source);
    await eventually(async () => {
      const all = await Promise.all(
        following.map(database => readProgress(source, target, database, 'larder_upgrade')),
      );
      const judged: Judgement = judgeProgress(all, { now: 0, startedAt: 0 });
      assert.equal(judged.kind, 'near', JSON.stringify(judged));
    });
    for (const database of databases) {
      await fillViews(source, target, database);
      await analyse(target, database);
      await prepareReturn(target, database, keyless[database] ?? [], LOCK_MS);
    }
    const [port, spare] = [source.port, target.port];
    const acknowledged = writer.acknowledged.length;
    let committed = false;
    await switchOver({
      from: source,
      to: target,
      way: 'larder_upgrade',
      databases,
      following,
      port,
      spare,
      back: 'larder_return',
      check: async () => assert.equal(findChange(catalogue, await readCatalogues(source)), undefined),
      opened: async () => void snapshots.push(await openSnapshot(target, following)),
      committed: async () => void (committed = true),
      holdMs: 60_000,
      drainMs: 60_000,
    });
    assert.ok(committed);
    await source.host.start(await freePort(), 'plane');
    snapshots.push(await openSnapshot(source, following));
    await followBack({ from: target, to: source, link: target.link(source) }, following);
    await stopFollowing(target, 'larder_upgrade');
    await eventually(async () => assert.ok(writer!.acknowledged.length > acknowledged + 20));
    const compared = await compareSnapshots(snapshots[1]!, snapshots[0]!);
    assert.deepEqual(compared.differences, []);
    assert.ok(compared.tables >= 12 && compared.rows > 100, JSON.stringify(compared));
    const version = await withSession(target.tls, { user: 'app', password: 'sesame', database: 'app' }, session =>
      session.rows<{ v: string; loose: string; untouched: string }>(
        "SELECT current_setting('server_version') AS v, nextval('shop.loose')::text AS loose, nextval('shop.untouched')::text AS untouched",
      ),
    );
    assert.match(version[0]?.v ?? '', /^18\./);
    assert.deepEqual([version[0]?.loose, version[0]?.untouched], ['1007', '5']);
  });

  it('finds a difference where there is one', async t => {
    if (!pair) return t.skip('not run: LARDER_FULL=1 upgrades a live pair of servers');
    const { target } = pair;
    const before = await openSnapshot(target, ['app']);
    await asApp(target, "UPDATE shop.keyless SET b = 'other' WHERE c IS NULL; INSERT INTO shop.t VALUES ('v')");
    const later = await openSnapshot(target, ['app']);
    const { differences } = await compareSnapshots(before, later);
    await Promise.all([before.close(), later.close()]);
    const found = differences
      .map(({ table, why }) => `${table}: ${why}`)
      .filter(text => !text.startsWith('"shop"."writes"'));
    assert.deepEqual(found, [
      '"shop"."keyless": the same number of rows (2), but not the same rows',
      '"shop"."t": 1 rows before, 2 rows after',
    ]);
  });

  it('goes back with all that was written since, and leaves no trace', async t => {
    if (!pair || following.length === 0) return t.skip('not run: LARDER_FULL=1 upgrades a live pair of servers');
    const { source, target } = pair;
    for (const snapshot of snapshots.splice(0)) await snapshot.close();
    await switchOver({
      from: target,
      to: source,
      way: 'larder_return',
      databases: await listDatabases(source),
      following,
      port: target.port,
      spare: source.port,
      check: async () => undefined,
      committed: async () => undefined,
      holdMs: 60_000,
      drainMs: 60_000,
    });
    const before = writer!.acknowledged.length;
    await eventually(async () => assert.ok(writer!.acknowledged.length > before + 20));
    await writer!.stop();
    const rows = await inDatabase(source, 'app', session =>
      session.rows<{ number: string; times: number }>(
        'SELECT number::text AS number, count(*)::int AS times FROM shop.writes GROUP BY number',
      ),
    );
    const there = new Map(rows.map(({ number, times }) => [Number(number), times]));
    const wrong = writer!.acknowledged.filter(number => there.get(number) !== 1);
    assert.deepEqual(wrong, [], `of ${writer!.acknowledged.length} acknowledged rows`);
    assert.deepEqual(
      [...there.values()].filter(times => times !== 1),
      [],
    );
    t.diagnostic(
      `longest time without an acknowledged write: ${Math.round(writer!.longestGapMs)} ms; ${writer!.acknowledged.length} rows`,
    );
    await stopFollowing(source, 'larder_return');
    await removeTraces(source, { way: 'larder_upgrade', follower: target.identifier, keyless, lockMs: LOCK_MS });
    await removeReplicationRole(source);
    const [traces] = await inDatabase(source, 'app', session =>
      session.rows(`SELECT (SELECT count(*)::int FROM pg_publication) AS publications, (SELECT count(*)::int FROM pg_subscription) AS subscriptions,
                           (SELECT count(*)::int FROM pg_replication_slots) AS slots,
                           (SELECT count(*)::int FROM pg_class WHERE relreplident = 'f') AS whole,
                           (SELECT count(*)::int FROM pg_roles WHERE rolname LIKE 'larder\\_%') AS roles`),
    );
    assert.deepEqual(traces, { publications: 0, subscriptions: 0, slots: 0, whole: 0, roles: 0 });
  });
});

type Query = Parameters<Parameters<typeof inDatabase>[2]>[0];

async function describeSchema(session: Query): Promise<unknown> {
  return session.rows(
    `SELECT c.relkind, c.oid::regclass::text AS name, c.relowner::regrole::text AS owner, ARRAY(SELECT x::text FROM unnest(c.relacl) x ORDER BY 1) AS rights,
            obj_description(c.oid, 'pg_class') AS comment FROM pg_class c
      WHERE c.relnamespace IN ('shop'::regnamespace, 'public'::regnamespace) ORDER BY 1, 2`,
  );
}

async function describeRoles(session: Query): Promise<unknown> {
  const roles = await session.rows(
    `SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcanlogin, rolconnlimit, rolpassword, rolname <> 'larder' AS ours,
            shobj_description(oid, 'pg_authid') AS comment FROM pg_authid WHERE rolname !~ '^(pg_|larder)' ORDER BY 1`,
  );
  const members = await session.rows(
    `SELECT roleid::regrole::text AS role, member::regrole::text AS member, grantor::regrole::text AS grantor, admin_option, inherit_option,
            set_option FROM pg_auth_members WHERE roleid >= 16384 ORDER BY 1, 2`,
  );
  const settings = await session.rows(
    'SELECT setrole::regrole::text AS role, setconfig FROM pg_db_role_setting ORDER BY 1, 2',
  );
  return { roles, members, settings };
}
