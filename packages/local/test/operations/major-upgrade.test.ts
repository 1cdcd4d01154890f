/** A major upgrade of a server under writes, and the way back, by changes as their owner asks for them. Under LARDER_FULL=1. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { PostgresServer } from '@larder/catalog';
import { cachedBuilds, takeCached } from '../servers/cached-versions.ts';
import {
  asOwner,
  credentialsOf,
  patchSpec,
  recordOf,
  rigScope,
  serverObject,
  untilReady,
  untilServer,
} from '../servers/rig.ts';
import { startWriter, type Writer } from '../../../upgrade/test/writer.ts';
import { ask, operationsRig, untilOver, type OperationsRig } from './rig.ts';

const NEXT = { version: '18.4', settings: { shared_buffers: '16MB', io_method: 'sync' } };
const isRun = process.env.LARDER_FULL === '1' && cachedBuilds().includes('18.4.0-beta.17');

async function versionOf(rig: OperationsRig): Promise<string> {
  const [row] = await asOwner(rig, 'one', session =>
    session.rows<{ v: string }>("SELECT current_setting('server_version') AS v"),
  );
  return row?.v ?? '';
}

function pendingFields({ status }: PostgresServer): string[] {
  return (status?.pendingChanges ?? []).map(({ field, to, needs }) => `${field}=${to} ${needs}`);
}

describe('a major upgrade of a server', { skip: !isRun }, () => {
  let rig: OperationsRig;
  let writer: Writer;
  const scope = rigScope();
  after(() => writer?.stop());

  before(async () => {
    rig = await operationsRig(scope);
    takeCached(rig.home.versions, ['18.4.0-beta.17']);
    rig.runPlane();
    rig.runOperations();
    await rig.client.create(serverObject('one'));
    await untilReady(rig, 'one');
    await asOwner(rig, 'one', session =>
      session.rows(
        `CREATE TABLE public.writes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, writer text, number bigint);
         CREATE TABLE public.keyless (a int, b text);
         INSERT INTO public.keyless VALUES (1, 'x'), (1, 'x'), (2, NULL);
         CREATE MATERIALIZED VIEW public.seen AS SELECT count(*) AS many FROM public.keyless`,
      ),
    );
    const {
      endpoint = '',
      port,
      username = '',
      password = '',
      database = '',
      ...rest
    } = await credentialsOf(rig, 'one');
    const at = { host: endpoint, port: Number(port), ca: rest['ca.crt'] ?? '' };
    writer = startWriter(at, { user: username, password, database }, 'public.writes');
  });

  it('says what is in the way, and leaves the server as it was', async () => {
    await asOwner(rig, 'one', session => session.rows('CREATE UNLOGGED TABLE public.unlogged (a int)'));
    await patchSpec(rig, 'one', { nextMajor: NEXT });
    await untilServer(rig, 'one', server => pendingFields(server).includes('updatePolicy.version=18.4 NewServer'));
    const { status } = await untilOver(rig, await ask(rig, 'one', 'MajorVersionUpgrade'));
    assert.equal(status?.phase, 'Failed');
    assert.match(
      status?.message ?? '',
      /unlogged tables are not replicated: public\.unlogged \(ALTER TABLE … SET LOGGED/,
    );
    assert.match(await versionOf(rig), /^17\./);
    const folder = join(rig.home.instances, 'one');
    assert.deepEqual(
      readdirSync(folder).filter(name => /^s\d|upgrade/.test(name)),
      [],
    );
    await asOwner(rig, 'one', session => session.rows('DROP TABLE public.unlogged'));
  });

  it('moves to the new server with all that is written, on the port and with the secret that clients know', async () => {
    const before = await credentialsOf(rig, 'one');
    const { status } = await untilOver(rig, await ask(rig, 'one', 'MajorVersionUpgrade'));
    assert.equal(status?.phase, 'Succeeded', `${status?.step}: ${status?.message}`);
    assert.match(
      (status?.done ?? []).join('; '),
      /version 17\.10 → 18\.4; PostgreSQL 17\.10 is kept until .*; \d+ tables with \d+ rows are the same/,
    );
    assert.match(status?.downtime ?? '', /^\d+\.\d\ds$/);
    assert.match(await versionOf(rig), /^18\./);
    assert.deepEqual(await credentialsOf(rig, 'one'), before);
    const server = await untilServer(rig, 'one', seen => seen.status?.upgrade?.message !== undefined);
    assert.ok(server.status?.upgrade?.rollbackUntil !== undefined, JSON.stringify(server.status?.upgrade));
    assert.equal(server.status?.version, '18.4');
    await patchSpec(rig, 'one', { version: '18.4', settings: NEXT.settings, nextMajor: null as never });
    await untilReady(rig, 'one');
    assert.match(await versionOf(rig), /^18\./);
  });

  it('goes back with all that was written since, and leaves nothing of it', async t => {
    await asOwner(rig, 'one', session =>
      session.rows("INSERT INTO public.keyless VALUES (3, 'new'); UPDATE public.keyless SET b = 'y' WHERE a = 2"),
    );
    const { status } = await untilOver(rig, await ask(rig, 'one', 'Rollback'));
    assert.equal(status?.phase, 'Succeeded', `${status?.step}: ${status?.message}`);
    assert.match(await versionOf(rig), /^17\./);
    await writer.stop();
    const rows = await asOwner(rig, 'one', session =>
      session.rows<{ number: string; times: number }>(
        'SELECT number::text AS number, count(*)::int AS times FROM public.writes GROUP BY number',
      ),
    );
    const there = new Map(rows.map(({ number, times }) => [Number(number), times]));
    assert.deepEqual(
      writer.acknowledged.filter(number => there.get(number) !== 1),
      [],
    );
    assert.deepEqual(
      [...there.values()].filter(times => times !== 1),
      [],
    );
    t.diagnostic(
      `${writer.acknowledged.length} rows; longest time without an answer ${Math.round(writer.longestGapMs)} ms; away ${status?.downtime}`,
    );
    const [kept] = await asOwner(rig, 'one', session =>
      session.rows("SELECT string_agg(concat(a, b), ',' ORDER BY a) AS all FROM public.keyless"),
    );
    assert.deepEqual(kept, { all: '1x,1x,2y,3new' });
    const folder = join(rig.home.instances, 'one');
    assert.deepEqual(
      readdirSync(folder).filter(name => /^s\d|upgrade/.test(name)),
      [],
    );
    assert.ok(existsSync(join(folder, 'data')));
    const { wentBack } = await recordOf(rig, 'one');
    assert.equal(wentBack?.from, '18.4');
    // The wish is still the new major's: nothing happens by itself.
    await untilServer(rig, 'one', seen => seen.status?.version === '17.10' && seen.status.upgrade === undefined);
  });
});
