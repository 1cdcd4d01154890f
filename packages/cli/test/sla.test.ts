/** `larder sla` reads the records of the monitor, also while no plane runs. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { homeAt, openHome } from '@larder/local';
import { writeOrders } from '../../local/src/monitor/orders.ts';
import { monitorPlace } from '../../local/src/monitor/place.ts';
import { LevelRecord, recordPath } from '../../local/src/monitor/service-level/record.ts';
import { buildProgram } from '../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'larder-sla-'));
/** A month that is over: it is the same whenever this runs. */
const month = lastMonth(new Date());
const former = process.env.LARDER_HOME;

before(() => {
  process.env.LARDER_HOME = folder;
  openHome(folder);
  const place = monitorPlace(homeAt(folder));
  const orders = { namespace: 'my-app', maintenance: false, maintained: [], receivers: [] };
  writeOrders(place, { ...orders, server: 'shop-abcde', claim: 'shop' });
  writeOrders(place, { ...orders, server: 'new-abcde', claim: 'new' });
  const record = new LevelRecord(recordPath(place.folder, 'shop-abcde'));
  const from = month.from / 60;
  record.write(from + 10, { up: 60, down: 0, maintenance: 0 });
  record.write(from + 11, { up: 15, down: 45, maintenance: 0 });
  record.write(from + 12, { up: 0, down: 15, maintenance: 45 });
  record.close();
});
after(() => {
  if (former === undefined) delete process.env.LARDER_HOME;
  else process.env.LARDER_HOME = former;
  rmSync(folder, { recursive: true, force: true });
});

async function sla(...args: string[]): Promise<string> {
  let text = '';
  const print = (line: string): void => void (text += `${line}\n`);
  const program = buildProgram({ checkout: '/', self: [], version: '0', print, note: print });
  await program.parseAsync(['sla', ...args], { from: 'user' });
  return text;
}

test('the report of a month says what was up, down, maintained and not measured', async () => {
  const text = await sla('shop', '--month', month.name);
  assert.match(text, /my-app\/shop/);
  assert.match(text, /availability +55.555% of the measured time \(objective 99.9%\)/);
  assert.match(text, /down +1m in 1 outage/);
  assert.match(text, /maintenance +45s/);
  assert.match(text, /not measured +\d+d 23h, neither up nor down/);
});

test('as data it is whole', async () => {
  const [report] = JSON.parse(await sla('shop', '--month', month.name, '-o', 'json')) as [Record<string, unknown>];
  const { seconds, outages, availability } = report as {
    seconds: Record<string, number>;
    outages: { downSeconds: number }[];
    availability: number;
  };
  assert.deepEqual([seconds.up, seconds.down, seconds.maintenance], [75, 60, 45]);
  assert.equal(outages.length, 1);
  assert.ok(Math.abs(availability - 75 / 135) < 1e-9);
});

test('an instance of which nothing is known is no instance that was up', async () => {
  const text = await sla('-n', 'my-app');
  assert.match(text, /my-app\/new[^]*availability +nothing was measured/);
});

test('what is not there is named, with what is', async () => {
  await assert.rejects(
    sla('other'),
    /no PostgreSQLInstance "other" is watched over; there are: my-app\/new, my-app\/shop/,
  );
  await assert.rejects(sla('--month', '2999-01'), /2999-01 has not begun yet/);
});

function lastMonth(now: Date): { from: number; name: string } {
  const from = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1);
  return { from: from / 1000, name: new Date(from).toISOString().slice(0, 7) };
}
