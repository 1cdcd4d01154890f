/** Backups and restores where Larder isn't root: the same tests again, run by an account that may do nothing special. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const NOBODY = 65_534;
const CHECKOUT = fileURLToPath(new URL('../../../..', import.meta.url));
const isRoot = process.geteuid?.() === 0;
const skip =
  process.env.LARDER_FULL !== '1'
    ? 'not run: slow; LARDER_FULL=1 runs it'
    : !isRoot && 'this is no root: all tests are such a run';

const files = ['packages/local/test/backups/backups.test.ts', 'packages/local/test/backups/restore.test.ts'];
for (const file of files) {
  test(`${file} passes without root`, { skip, timeout: 1_800_000 }, async t => {
    const home = mkdtempSync(join(realpathSync(tmpdir()), 'larder-nobody-'));
    t.after(() => rmSync(home, { recursive: true, force: true }));
    chownSync(home, NOBODY, NOBODY);
    const { NODE_TEST_CONTEXT: _ours, ...inherited } = process.env;
    const env = { ...inherited, HOME: home, TMPDIR: home, LARDER_FULL: '0' };
    const child = spawn(process.execPath, ['--import', 'tsx', '--test', '--test-reporter=tap', file], {
      ...{ cwd: CHECKOUT, env, uid: NOBODY, gid: NOBODY },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-20_000)));
    const [code] = (await once(child, 'close')) as [number | null];
    assert.equal(code, 0, said);
  });
}
