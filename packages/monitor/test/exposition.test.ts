/** The text that Prometheus reads: valid for `promtool`, whatever tenants call their things. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { add, Exposition, type Measured } from '@larder/monitor';
import { scopeOfSuite } from '../../postgres/test/machine.ts';
import { allOf, makeMeasuring, valueWith, type Measuring } from './rig.ts';

const tools = process.env.LARDER_TOOLS ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'larder/tools');
const promtool = join(tools, 'bin/promtool');

const identity = { namespace: 'my-app', claim: 'one' };

describe('the text', () => {
  it('holds all of a metric together, whichever instances it is of', () => {
    const part = (value: number): Measured => new Map([['pg_up', [{ value }]]]);
    const text = new Exposition().page([
      { identity, parts: [part(1)] },
      { identity: { namespace: 'my-app', claim: 'two' }, parts: [part(0)] },
    ]);
    assert.equal(
      text.split('\n').slice(1).join('\n'),
      `# TYPE pg_up gauge
pg_up{namespace="my-app",claim="one",instance="my-app/one"} 1
pg_up{namespace="my-app",claim="two",instance="my-app/two"} 0
`,
    );
  });

  it('says nothing of what nobody could know', () => {
    const measured: Measured = new Map();
    add(measured, 'no_such_metric', 1);
    add(measured, 'pg_wal_segments', null);
    add(measured, 'pg_wal_size_bytes', NaN);
    assert.equal(new Exposition().page([{ identity, parts: [measured] }]), '');
  });

  it('escapes what would end a label or a line', () => {
    const measured: Measured = new Map();
    add(measured, 'pg_database_size_bytes', 1e21, ['a"b\\c\nd\ud800}']);
    assert.match(
      new Exposition().page([{ identity, parts: [measured] }]),
      /datname="a\\"b\\\\c\\nd\ufffd}"} 1e\+21\n$/,
    );
  });
});

describe('hostile names', () => {
  const scope = scopeOfSuite();
  const names = ['a"b', 'back\\slash', 'new\nline', '} 1\n# TYPE x y', '名前', '{"__name__"="pg_up"}'];
  let rig: Measuring;

  before(async () => {
    rig = (await makeMeasuring(scope))!;
    for (const name of names) await rig.sql(`CREATE DATABASE ${quoted(name)}`);
    for (const name of names)
      await rig.sql(`CREATE TABLE public.${quoted(name)} (id int); ANALYZE public.${quoted(name)}`, names[0]);
  });

  it('come out as they are, and the text stays valid', async t => {
    const reading = await rig.monitor.turn();
    const measured = allOf(reading);
    for (const name of names) assert.ok(valueWith(measured, 'pg_database_size_bytes', { datname: name }), name);
    const text = new Exposition().page([{ identity, parts: reading.parts.values() }], reading.settingsHelp);
    const lines = text.trimEnd().split('\n');
    for (const line of lines) assert.match(line, /^(# (HELP|TYPE) [a-z_0-9]+ .*|[a-z_0-9]+(\{.*\})? \S+)$/);
    if (!existsSync(promtool)) return t.skip('promtool is not here: hack/tools/install.sh promtool');
    const { status, stderr } = spawnSync(promtool, ['check', 'metrics'], { input: text, encoding: 'utf8' });
    // 3: what it would have named otherwise. Those are the exporter's names.
    assert.ok(status === 0 || status === 3, stderr);
    assert.deepEqual(
      stderr.split('\n').filter(line => line !== '' && !/^(pg_|cnpg_)/.test(line)),
      [],
    );
  });
});

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
