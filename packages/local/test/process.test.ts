/** Locks, identities and ports, against real processes. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { endProcess, fileLogger, findPortHolder, findProcess, isRunning } from '../src/index.ts';
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
  const path = join(scratchFolder(t), 'lock');
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

test('a lock on a file that was removed meanwhile counts for nothing', t => {
  const path = join(scratchFolder(t), 'lock');
  const old = tryLock(path);
  rmSync(path);
  const lock = tryLock(path);
  assert.ok(old && lock);
  assert.equal(tryLock(path), undefined);
  lock.release();
  old.release();
});

test('a pid that was given out again is another process', async t => {
  const started = await child(t, 'console.log(1); setInterval(() => {}, 1000)');
  const identity = findProcess(started.pid!);
  assert.ok(isRunning(identity));
  assert.equal(isRunning({ pid: started.pid!, startTime: 'another-boot/1' }), false);
  assert.equal(await endProcess({ pid: started.pid!, startTime: 'another-boot/1' }), 'ended');
  assert.ok(isRunning(identity), 'the process with the same pid must not be touched');
});

test('a process that ignores SIGTERM is killed after its grace', async t => {
  const started = await child(t, "process.on('SIGTERM', () => {}); console.log(1); setInterval(() => {}, 1000)");
  assert.equal(await endProcess(findProcess(started.pid!)!, { graceMs: 100 }), 'killed');
});

test('the holder of a port is named by pid and command', async t => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const holder = findPortHolder((server.address() as AddressInfo).port);
  assert.equal(holder?.pid, process.pid);
  assert.match(holder?.command ?? '', /^node/);
});

test('the log is JSON lines, bounded, and keeps causes', t => {
  const path = join(scratchFolder(t), 'plane.log');
  const log = fileLogger(path, { maxBytes: 2000, keep: 2 });
  for (let n = 0; n < 100; n++) log.info('tick', { n });
  log.error('failed', { error: new Error('outer', { cause: new Error('inner') }) });
  const lines = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>);
  const last = lines.at(-1) as { level: string; error: { cause: { message: string } } };
  assert.equal(last.level, 'error');
  assert.equal(last.error.cause.message, 'inner');
  assert.ok(readFileSync(`${path}.1`).length <= 2000);
  assert.throws(() => readFileSync(`${path}.3`));
});
