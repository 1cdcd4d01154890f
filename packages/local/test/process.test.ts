/** Locks, identities and ports, against real processes. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { isAlive, observeProcess } from '@larder/postgres';
import { endProcess, rotatingFile } from '../src/index.ts';
import { tryLock } from '../src/process/lock.ts';
import { scratchFolder } from './scratch.ts';

async function child(t: TestContext, script: string): Promise<ChildProcess> {
  const started = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => started.kill('SIGKILL'));
  await once(started.stdout, 'data');
  return started;
}

test('a lock is held by one process and is gone when its holder is killed', async t => {
  const path = join(scratchFolder(), 'lock');
  const lockModule = new URL('../src/process/lock.ts', import.meta.url).href;
  const holder = await child(
    t,
    `import { tryLock } from ${JSON.stringify(lockModule)};
     globalThis.kept = tryLock(${JSON.stringify(path)}); console.log(globalThis.kept !== undefined); setInterval(() => {}, 1000);`,
  );
  assert.equal(tryLock(path), undefined);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const lock = tryLock(path);
  assert.ok(lock);
  lock.release();
});

test('a lock on a file that was removed meanwhile counts for nothing', () => {
  const path = join(scratchFolder(), 'lock');
  const old = tryLock(path);
  rmSync(path);
  const lock = tryLock(path);
  assert.ok(old && lock);
  assert.equal(tryLock(path), undefined);
  lock.release();
  old.release();
});

test('a pid that was given out again is another process, and is not touched', async t => {
  const started = await child(t, 'console.log(1); setInterval(() => {}, 1000)');
  const found = observeProcess(started.pid!)!;
  for (const other of [
    { ...found, startTicks: 1 },
    { ...found, bootId: 'another' },
  ])
    assert.equal(await endProcess(other, { graceMs: 0 }), 'ended');
  assert.ok(isAlive(found));
});

test('a process that ignores SIGTERM is killed after its grace', async t => {
  const started = await child(t, "process.on('SIGTERM', () => {}); console.log(1); setInterval(() => {}, 1000)");
  assert.equal(await endProcess(observeProcess(started.pid!)!, { graceMs: 100 }), 'killed');
});

test('a log file is bounded, and so is what is kept of it', () => {
  const path = join(scratchFolder(), 'plane.log');
  const log = rotatingFile(path, { maxBytes: 1000, keep: 2 });
  for (let n = 0; n < 300; n++) log.write(`line ${n}\n`);
  assert.match(readFileSync(path, 'utf8'), /line 299\n$/);
  assert.ok(readFileSync(path).length <= 1000);
  assert.ok(readFileSync(`${path}.1`).length <= 1000);
  assert.ok(existsSync(`${path}.2`));
  assert.ok(!existsSync(`${path}.3`));
});
