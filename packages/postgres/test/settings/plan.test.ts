/** What a changed configuration means for a running server, and when two values are the same. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  asText,
  isOwned,
  meansSame,
  planConfiguration,
  renderAccess,
  renderSettings,
  type SettingRow,
} from '@larder/postgres';

const row = (name: string, setting: string, extra: Partial<SettingRow> = {}): SettingRow => ({
  name,
  setting,
  unit: null,
  vartype: 'string',
  context: 'user',
  boot_val: setting,
  pending_restart: false,
  ...extra,
});
const buffers = row('shared_buffers', '16384', {
  unit: '8kB',
  vartype: 'integer',
  context: 'postmaster',
  boot_val: '1024',
});
const connections = row('max_connections', '55', { vartype: 'integer', context: 'postmaster', boot_val: '100' });

describe('two values of a setting', () => {
  const timeout = { setting: '5000', unit: 'ms', vartype: 'integer' } as const;
  const same: [Pick<SettingRow, 'setting' | 'unit' | 'vartype'>, string][] = [
    [buffers, '128MB'],
    [buffers, ' 131072kB'],
    [buffers, '16384'],
    [{ ...buffers, setting: '131072' }, '1GB'],
    [timeout, '5s'],
    [timeout, '5000'],
    [{ setting: 'on', unit: null, vartype: 'bool' }, 'TRUE'],
    [{ setting: 'off', unit: null, vartype: 'bool' }, '0'],
    [{ setting: '0.9', unit: null, vartype: 'real' }, '.9'],
    [{ setting: '10', unit: 'min', vartype: 'integer' }, '600s'],
    [{ setting: 'a, b', unit: null, vartype: 'string' }, 'a,b'],
    [{ setting: 'minimal', unit: null, vartype: 'enum' }, 'Minimal'],
  ];
  for (const [value, text] of same)
    it(`${value.setting}${value.unit ?? ''} is ${text}`, () => assert.ok(meansSame(value, text)));
  for (const text of ['129MB', '16385', '128', '128XB', 'x'])
    it(`16384 blocks of 8 kB are not ${text}`, () => assert.ok(!meansSame(buffers, text)));
  it('are written with a unit that a file can hold', () => {
    assert.equal(asText(buffers), '131072kB');
    assert.equal(asText({ setting: '-1', unit: '8kB' }), '-1');
    assert.equal(asText({ setting: '5000', unit: 'ms' }), '5000ms');
  });
});

describe('planConfiguration', () => {
  const rows = [buffers, connections, row('work_mem', '4096', { unit: 'kB', vartype: 'integer' })];
  const plan = (wanted: Record<string, string>, mayRestart = false, written: Record<string, string> = {}) =>
    planConfiguration({ wanted, written, rows, mayRestart });

  it('takes at once what the server can read anew', () => {
    assert.deepEqual(plan({ work_mem: '8MB' }), {
      settings: { work_mem: '8MB' },
      waiting: [],
      restart: [],
      unknown: [],
    });
  });

  it('holds what needs a restart, so that a restart for another reason does not bring it in', () => {
    const { settings, waiting, restart } = plan({ shared_buffers: '1GB' });
    assert.deepEqual(settings, { shared_buffers: '131072kB' });
    assert.deepEqual(waiting, [{ name: 'shared_buffers', from: '131072kB', to: '1GB' }]);
    assert.deepEqual(restart, []);
  });

  it('sees no change where only the spelling differs', () => {
    assert.deepEqual(plan({ shared_buffers: '128MB' }).waiting, []);
  });

  it('writes what needs a restart when one may happen', () => {
    const { settings, waiting, restart } = plan({ shared_buffers: '1GB' }, true);
    assert.deepEqual([settings, waiting, restart.length], [{ shared_buffers: '1GB' }, [], 1]);
  });

  it('treats a setting that is gone as one with its usual value', () => {
    const { settings, waiting } = plan({}, false, { max_connections: '55', work_mem: '8MB' });
    assert.deepEqual(settings, { max_connections: '55' });
    assert.deepEqual(waiting, [{ name: 'max_connections', from: '55', to: '100' }]);
  });

  it('names what is no setting, and lets those of extensions pass', () => {
    const { settings, unknown } = plan({ shared_bufers: '1GB', 'pg_stat_statements.max': '1000' });
    assert.deepEqual([settings, unknown], [{ 'pg_stat_statements.max': '1000' }, ['shared_bufers']]);
  });
});

describe('configuration files', () => {
  it('hold values that cannot end their line', () => {
    const text = renderSettings({ work_mem: "4MB'\\", search_path: 'a' });
    assert.match(text, /^search_path = 'a'\nwork_mem = '4MB''\\\\'$/m);
    assert.throws(() => renderSettings({ work_mem: "1'\nssl = off" }), /control character/);
    assert.throws(() => renderSettings({ 'work_mem = 1 #': '1' }), /no name of a setting/);
  });

  it('trust nobody', () => {
    const lines = renderAccess(['10.0.0.0/8', 'fd00::/8', '127.0.0.1/32'])
      .split('\n')
      .filter(line => !line.startsWith('#') && line);
    assert.ok(
      lines.every(line => / (scram-sha-256|reject)$/.test(line)),
      lines.join('\n'),
    );
    assert.ok(
      lines.every(line => /^(local|host) .* larder(_metrics|,larder_metrics)? |^local .* reject|^hostssl /.test(line)),
      lines.join('\n'),
    );
    assert.equal(lines.filter(line => line.includes('127.0.0.1/32')).length, 1);
    assert.throws(() => renderAccess(['0.0.0.0/0 trust\nhost all all all']), /write a network as/);
  });

  it('are the plane’s in what makes a server safe', () => {
    for (const name of ['ssl', 'HBA_FILE', 'archive_command', 'larder.incarnation', 'port'])
      assert.ok(isOwned(name), name);
    assert.ok(!isOwned('work_mem'));
  });
});
