/** The monitor process: measures without the plane, serves to who has a token, comes back on its port; with a role that can do nothing else. */
import assert from 'node:assert/strict';
import { request } from 'node:https';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { noLog } from '@larder/controller';
import { connect, withSession, type Session } from '@larder/driver';
import { METRICS_ROLE, PLANE_ROLE } from '@larder/postgres';
import { findText } from '../src/home/files.ts';
import { findOwnProcesses, stopOwnProcesses } from '../src/lifecycle/stop.ts';
import { keepMonitor, type KeptMonitor } from '../src/monitor/keep.ts';
import { findServingMonitor, metricsUrl, monitorPlace } from '../src/monitor/place.ts';
import { fullAt } from '../src/monitor/projection.ts';
import { removeTarget, writeTarget, type Target } from '../src/monitor/targets.ts';
import { socketFolder, socketRoot } from '../src/servers/index.ts';
import { recordOf, rigScope, rigWithServer, type Rig } from './servers/rig.ts';

async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (const deadline = performance.now() + 90_000; ; await delay(100)) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    assert.ok(performance.now() < deadline, what);
  }
}

interface Answer {
  status: number;
  text: string;
}

/** `undefined` while nobody answers. */
function get(url: string, ca: string, token?: string): Promise<Answer | undefined> {
  return new Promise(resolve => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const asked = request(url, { ca, agent: false, headers }, response => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', () => resolve(undefined));
    });
    asked.on('error', () => resolve(undefined));
    asked.end();
  });
}

describe('an instance', () => {
  const scope = rigScope();
  let rig: Rig;
  let kept: KeptMonitor | undefined;

  before(async () => {
    rig = await rigWithServer(scope, 'one');
  });

  after(async () => {
    await kept?.stop();
    if (rig) await stopOwnProcesses(rig.home);
  });

  async function asPlane<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const { port, planePassword } = await recordOf(rig, 'one');
    const endpoint = { socketFolder: socketFolder(socketRoot(rig.home.folder), port), port };
    return withSession(endpoint, { user: PLANE_ROLE, password: planePassword, database: 'postgres' }, work);
  }

  async function target(name = 'one', claim = 'postgres1'): Promise<Target> {
    const { port, metricsPassword, process: server } = await recordOf(rig, 'one');
    assert.ok(metricsPassword);
    return {
      ...{ server: name, namespace: 'my-app', claim, token: `token of ${claim}`, database: 'app' },
      endpoint: { socketFolder: socketFolder(socketRoot(rig.home.folder), port), port },
      login: { user: METRICS_ROLE, password: metricsPassword },
      process: server,
      facts: { at: 1, ready: true, alerts: false, pendingChanges: 0, maintenance: false, backups: false },
    };
  }

  it('is measured with a role that has pg_monitor, and nothing that somebody gave it', async () => {
    const memberships = (): Promise<string[]> =>
      asPlane(async session => {
        const rows = await session.rows<{ name: string }>(
          `SELECT g.rolname AS name FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
            JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = $1 ORDER BY 1`,
          [METRICS_ROLE],
        );
        return rows.map(({ name }) => name);
      });
    assert.deepEqual(await memberships(), ['pg_monitor', 'pg_use_reserved_connections']);
    await asPlane(async session => {
      await session.rows(`GRANT app, pg_read_all_data TO ${METRICS_ROLE}`);
      await session.rows(`ALTER ROLE ${METRICS_ROLE} SUPERUSER`);
    });
    await rig.stopPlane();
    rig.runPlane();
    await until('it has no more than it should', async () => ((await memberships()).length === 2 ? true : undefined));
    const [found] = await asPlane(session =>
      session.rows<{ rolsuper: boolean }>('SELECT rolsuper FROM pg_roles WHERE rolname = $1', [METRICS_ROLE]),
    );
    assert.equal(found?.rolsuper, false);
  });

  it('doesn’t let that role in over the network', async () => {
    const { port, metricsPassword = '' } = await recordOf(rig, 'one');
    const endpoint = { host: 'localhost', port, ca: rig.pki.caCertificate };
    const login = { user: METRICS_ROLE, password: metricsPassword, database: 'postgres' };
    await assert.rejects(connect(endpoint, login), { code: '28000' });
  });

  it('keeps connections for it when all others are taken', async () => {
    const [found] = await asPlane(session =>
      session.rows<{ reserved: string }>("SELECT current_setting('reserved_connections') AS reserved"),
    );
    assert.equal(found?.reserved, '2');
  });

  it('is told to who has its token, without the plane, and again after the process was killed', async () => {
    const place = monitorPlace(rig.home);
    writeTarget(place, await target());
    kept = keepMonitor({ home: rig.home, pki: rig.pki, version: '1', log: noLog });
    const url = await until('it serves', () => kept?.url());
    await rig.stopPlane();
    await kept.stop();
    const ca = rig.pki.caCertificate;
    const token = findText(place.token)!.trim();
    const { pid, port } = findServingMonitor(place)!;
    assert.deepEqual(
      findOwnProcesses(rig.home).flatMap(found => (found.kind === 'monitor' ? [found.pid] : [])),
      [pid],
    );
    const up = /^pg_up\{namespace="my-app",claim="postgres1",instance="my-app\/postgres1"\} 1$/m;
    await until('it is measured', async () => up.test((await get(url, ca, token))?.text ?? '') || undefined);
    const own = metricsUrl(port, { namespace: 'my-app', name: 'postgres1' });
    const mine = await get(own, ca, 'token of postgres1');
    assert.match(mine?.text ?? '', up);
    assert.doesNotMatch(mine?.text ?? '', /larder_plane_up/);
    assert.match((await get(url, ca, token))?.text ?? '', /^larder_plane_up 0$/m, 'without the plane it says so');
    for (const [path, given] of [
      [url, undefined],
      [url, 'token of postgres1'],
      [own, 'token of another'],
      [metricsUrl(port, { namespace: 'my-app', name: 'nobody' }), 'token of postgres1'],
    ] as const)
      assert.equal((await get(path, ca, given))?.status, 401, `${path} with ${given ?? 'nothing'}`);

    process.kill(pid, 'SIGKILL');
    kept = keepMonitor({ home: rig.home, pki: rig.pki, version: '1', log: noLog });
    const next = await until('it is started again', () => {
      const found = findServingMonitor(place);
      return found?.pid === pid ? undefined : found;
    });
    assert.equal(next.port, port);
    await until('it is measured again', async () => up.test((await get(url, ca, token))?.text ?? '') || undefined);
    removeTarget(place, 'one');
    await until('it is told no more', async () => ((await get(own, ca, token))?.status === 404 ? true : undefined));
  });
});

describe('a storage', () => {
  const day = 86_400;
  const points = (perDay: number): { at: number; values: { storageUsed: number } }[] =>
    Array.from({ length: 49 }, (_, hour) => ({
      at: hour * 3_600,
      values: { storageUsed: 1_000 + (perDay * hour) / 24 },
    }));

  it('that grows is full on a day', () => {
    assert.equal(Math.round(fullAt(points(100), 2_200)! / day), 12);
  });

  it('that doesn’t, or hardly, or is hardly known, has no such day', () => {
    assert.equal(fullAt(points(0), 2_000), undefined);
    assert.equal(fullAt(points(-5), 2_000), undefined);
    assert.equal(fullAt(points(0.001), 2_000), undefined);
    assert.equal(fullAt(points(100).slice(0, 4), 2_000), undefined);
    assert.equal(fullAt(points(100), undefined), undefined);
  });
});
