/** A data directory made by a user id that has no name on this machine, as containers give them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { parseControlFile } from '@larder/postgres';
import { makeMachine, scopeOfSuite } from '../machine.ts';

const UID = 91_234;

describe('a user id without a name', () => {
  const scope = scopeOfSuite();

  it(
    'makes a data directory, or says what to do',
    { skip: process.geteuid?.() !== 0 && 'not run: needs root' },
    async t => {
      const machine = await makeMachine(scope, 'nameless');
      const folder = join(machine.home, 'made');
      mkdirSync(folder);
      chownSync(folder, UID, UID);
      const script = `
      const { initialise } = await import('@larder/postgres');
      const content = { password: 'x', database: 'app', owner: 'app' };
      console.log(await initialise({ bin: ${JSON.stringify(machine.binaries.bin)} }, ${JSON.stringify(folder)}, content));`;
      const args = ['--import', 'tsx', '--input-type=module', '-e', script];
      const env = { ...process.env, HOME: folder, TMPDIR: folder };
      try {
        await promisify(execFile)(process.execPath, args, { uid: UID, gid: UID, env, cwd: import.meta.dirname });
      } catch (error) {
        const { stderr = '' } = error as { stderr?: string };
        if (/EACCES/.test(stderr)) return t.skip('not run: this checkout can’t be read by other users');
        assert.match(stderr, /add a line for it to \/etc\/passwd, or run Larder as another user/);
        return;
      }
      const control = parseControlFile(readFileSync(join(folder, 'data/global/pg_control')));
      assert.ok(typeof control === 'object');
    },
  );
});
