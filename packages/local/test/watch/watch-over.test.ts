/** The monitor process watches over a real instance without a plane: alerts, a receiver, the service level; also after it was killed. With LARDER_FULL=1. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { noLog } from '@larder/controller';
import { METRICS_ROLE } from '@larder/postgres';
import { stopOwnProcesses } from '../../src/lifecycle/stop.ts';
import { keepMonitor, type KeptMonitor } from '../../src/monitor/keep.ts';
import { findReport, writeOrders, type Orders } from '../../src/monitor/orders.ts';
import { findServingMonitor, monitorPlace, type MonitorPlace } from '../../src/monitor/place.ts';
import { serviceLevelReports } from '../../src/monitor/service-level/report.ts';
import { writeTarget, type Target } from '../../src/monitor/targets.ts';
import { socketFolder, socketRoot } from '../../src/servers/index.ts';
import { PROBE_ROLE } from '../../src/servers/probe-role.ts';
import { recordOf, rigScope, rigWithServer, type Rig } from '../servers/rig.ts';

const skip = process.env.LARDER_FULL ? false : 'not run: it takes a minute; LARDER_FULL=1 runs it';

describe('an instance that is watched over', { skip }, () => {
  const scope = rigScope();
  const heard: { status: string; alerts: { status: string; labels: Record<string, string> }[] }[] = [];
  const receiver = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      heard.push(JSON.parse(body) as (typeof heard)[0]);
      response.end();
    });
  });
  let rig: Rig;
  let kept: KeptMonitor | undefined;
  let place: MonitorPlace;

  before(async () => {
    rig = await rigWithServer(scope, 'one');
    place = monitorPlace(rig.home);
    await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve));
  });
  after(async () => {
    await kept?.stop();
    if (rig) await stopOwnProcesses(rig.home);
    receiver.closeAllConnections();
    receiver.close();
  });

  async function until(what: string, isSo: () => boolean): Promise<void> {
    for (const deadline = performance.now() + 120_000; !isSo(); await delay(100))
      assert.ok(performance.now() < deadline, `${what}; heard: ${JSON.stringify(heard).slice(0, 2000)}`);
  }

  async function target(backupFailingSince: number): Promise<Target> {
    const { port, metricsPassword = '' } = await recordOf(rig, 'one');
    return {
      ...{ server: 'one', namespace: 'my-app', claim: 'postgres1', token: 'a token', database: 'app' },
      endpoint: { socketFolder: socketFolder(socketRoot(rig.home.folder), port), port },
      login: { user: METRICS_ROLE, password: metricsPassword },
      facts: {
        ...{ at: 1, ready: true, alerts: true, pendingChanges: 0, maintenance: false },
        ...{ backups: true, backupFailingSince, lastBackup: Math.floor(Date.now() / 1000), backupInterval: 86_400 },
      },
    };
  }

  async function orders(): Promise<Orders> {
    const { port, probePassword = '' } = await recordOf(rig, 'one');
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    return {
      ...{ server: 'one', namespace: 'my-app', claim: 'postgres1', maintenance: false, maintained: [] },
      probe: {
        ...{ host: 'localhost', port, ca: rig.pki.caCertificate },
        ...{ user: PROBE_ROLE, password: probePassword, database: 'app' },
      },
      receivers: [
        { name: 'chat', url, sendResolved: true },
        { name: 'itself', url: 'http://169.254.1.1/', sendResolved: true },
      ],
    };
  }

  it('raises an alert, tells its receiver once, and says whom it can not tell', async () => {
    writeTarget(place, await target(1_700_000_000));
    writeOrders(place, await orders());
    kept = keepMonitor({ home: rig.home, pki: rig.pki, version: '1', log: noLog });
    await until('the receiver hears of it', () => heard.length > 0);
    assert.deepEqual(
      heard[0]?.alerts.map(({ status, labels }) => [status, labels.alertname]),
      [['firing', 'PostgreSQLBackupFailed']],
    );
    await until('the report says it', () => (findReport(place, 'one')?.unreached.length ?? 0) > 0);
    const report = findReport(place, 'one');
    assert.deepEqual(
      report?.alerts.map(({ name }) => name),
      ['PostgreSQLBackupFailed'],
    );
    assert.equal(report.unreached[0]?.receiver, 'itself');
  });

  it('goes on after the monitor was killed, and nothing is told twice; then that it is over', async () => {
    const killed = findServingMonitor(place)?.pid ?? 0;
    const before = heard.length;
    process.kill(killed, 'SIGKILL');
    await until('another one serves', () => (findServingMonitor(place)?.pid ?? killed) !== killed);
    await until('it counts', () => serviceLevelReports(rig.home, lastHour())[0]!.span.up > 0);
    writeTarget(place, await target(0));
    await until('the receiver hears that it is over', () => heard.length > before);
    assert.deepEqual(
      heard.slice(before).map(({ status }) => status),
      ['resolved'],
    );
    await until('the report is empty', () => findReport(place, 'one')?.alerts.length === 0);
  });

  it('has a service level, of the time that was measured', async () => {
    await until('a minute is whole', () => findReport(place, 'one')?.serviceLevel !== undefined);
    const [report] = serviceLevelReports(rig.home, lastHour());
    assert.ok(report && report.span.up > 0 && report.span.unmeasured > 0);
  });
});

function lastHour(): { from: number; to: number } {
  const now = Date.now() / 1000 + 60;
  return { from: now - 3600, to: now };
}
