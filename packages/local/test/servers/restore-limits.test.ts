/** The servers of a restore are held to the limits of the one that it makes. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { openLimits } from '../../src/servers/limits.ts';
import { admissionFor } from '../../src/servers/restore/limits.ts';
import { scratchFolder } from '../scratch.ts';

const memoryBytes = 64 * 2 ** 20;

test('a server of a restore is in the group of the one that it makes, and one without limits in none', async t => {
  const home = scratchFolder();
  const groups = await openLimits({ folder: home });
  assert.equal(await admissionFor({}), undefined);
  assert.equal(await admissionFor({ limits: { home, name: 'again' } }), undefined);
  const admit = await admissionFor({ limits: { home, name: 'again', memoryBytes } });
  if (!groups.holds({ memoryBytes }).memory) return t.skip('not run: no control groups can be made here');
  const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
  const gone = once(child, 'exit');
  try {
    await once(child, 'spawn');
    await admit?.(child.pid!);
    assert.equal(await groups.has('again', child.pid!), true);
  } finally {
    child.stdin.end();
    await gone;
    await groups.remove('again');
  }
});
