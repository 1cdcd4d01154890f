/** What continuous integration makes of the test cluster: of one that can't run, that takes too long, and that fails. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('ci.sh', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'larder-test-ci-'));
after(() => rmSync(scratch, { recursive: true }));

/** Runs it on a machine that has these programs, beside the usual ones: each is a line of shell. */
function run(programs: Record<string, string>, minutes = '5'): { status: number | null; told: string; made: string } {
  const bin = mkdtempSync(join(scratch, 'bin-'));
  for (const name of ['bash', 'dirname', 'timeout', 'mkdir', 'tail', 'sleep', 'true']) link(bin, name);
  const usual = { uname: 'echo Linux', id: 'echo 0', 'apt-get': 'true', unshare: 'true', df: 'echo 99999999' };
  for (const [name, line] of Object.entries({ ...usual, ...programs }))
    writeFileSync(join(bin, name), `#!/bin/bash\n${line}\n`, { mode: 0o755 });
  const log = join(bin, 'made');
  writeFileSync(log, '');
  const env = { PATH: bin, MADE: log, HOME: bin, LARDER_CLUSTER_MINUTES: minutes };
  const { status, stdout } = spawnSync(join(bin, 'bash'), [script], { env, encoding: 'utf8' });
  return { status, told: stdout, made: readFileSync(log, 'utf8') };
}

function link(bin: string, name: string): void {
  const [found] = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.split('\n');
  symlinkSync(found?.startsWith('/') ? found : `/bin/${name}`, join(bin, name));
}

const make = (line: string): string => `echo "$1" >>"$MADE"\n[ "$1" = cluster-down ] && exit 0\n${line}`;

const impossible: [string, Record<string, string>, RegExp][] = [
  ['without Go', {}, /Go is not installed/],
  ['without root', { go: 'true', id: 'echo 1000' }, /it needs root/],
  ['where no namespace may be made', { go: 'true', unshare: 'exit 1' }, /may make no namespaces/],
  ['on a disk that is nearly full', { go: 'true', df: 'echo 1000' }, /builds take 12 GB/],
];

for (const [where, programs, why] of impossible) {
  test(`${where} it doesn't run, says so, and fails nobody`, () => {
    const { status, told, made } = run({ make: make('exit 1'), ...programs });
    assert.match(told, why);
    assert.match(told, /^NOT RUN {2}/);
    assert.deepEqual([status, made], [0, '']);
  });
}

test('checks that fail fail, and the cluster goes', () => {
  const { status, made } = run({ go: 'true', make: make('exit 2') });
  assert.deepEqual([status, made], [2, 'test-cluster\ncluster-down\n']);
});

test('a machine that is too slow is no failure, and the cluster goes', () => {
  const { status, told, made } = run({ go: 'true', make: make('exec sleep 600') }, '0.03');
  assert.match(told, /NOT RUN {2}the real cluster: to its end/);
  assert.equal(status, 0);
  assert.match(made, /cluster-down\n$/);
});
