/**
 * What the disk does to a store: fills up, refuses, comes back; and that an answer comes after the fsync that it promises.
 *
 * The order of writes, syncs and answers is read from the kernel with strace. A full disk is a small memory file system, for which one must
 * be root. Where either can't be had the test is skipped and says so.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { openStore, StoreUnavailableError } from '../../src/store/index.ts';
import { contentOf, keyOf, objectOf, temporaryFolder, temporaryStore } from './fixtures.ts';

const a = keyOf('a');
const program = new URL('write-until-killed.ts', import.meta.url).pathname;

describe('a full disk', () => {
  it('refuses commits in words, serves reads, loses nothing, and is over when there is space', async test => {
    const folder = await mounted(test, ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs']);
    if (folder === undefined) return;
    const store = await openStore({ folder });
    await store.commit([{ do: 'put', key: a, value: objectOf(a, 'small') }]);
    const ballast = join(folder, 'ballast');
    await writeFile(ballast, Buffer.alloc(2_000_000));
    let written = 0;
    const failure = await (async () => {
      for (;;) {
        const key = keyOf(`n${written}`);
        await store.commit([{ do: 'put', key, value: objectOf(key, 'x'.repeat(50_000)) }]);
        written++;
      }
    })().catch((error: unknown) => error);
    assert.ok(failure instanceof StoreUnavailableError, String(failure));
    assert.match(failure.message, /cannot write to ".*store.db": the disk is full; free some space/);
    assert.equal(store.list('configmaps').items.length, written + 1);
    await assert.rejects(
      store.commit([{ do: 'put', key: a, value: objectOf(a, 'y'.repeat(50_000)) }]),
      StoreUnavailableError,
    );
    assert.equal(contentOf(store.get(a)?.value as never), 'small');

    await rm(ballast);
    const [stored] = await store.commit([{ do: 'put', key: a, value: objectOf(a, 'after'), expect: 1 }]);
    assert.ok((stored?.revision ?? 0) > written + 1);
    const before = store.list('configmaps');
    await store.close();
    const again = await temporaryStore(test, { folder });
    assert.deepEqual(again.list('configmaps'), before);
  });
});

describe('a folder that is read-only', () => {
  it('is refused in words', async test => {
    const source = await temporaryFolder(test);
    await (await openStore({ folder: source })).close();
    const folder = await mounted(test, ['--bind', source]);
    if (folder === undefined) return;
    assert.equal(spawnSync('mount', ['-o', 'remount,ro,bind', folder]).status, 0);
    await assert.rejects(openStore({ folder }), (error: unknown) => {
      assert.ok(error instanceof StoreUnavailableError, String(error));
      assert.match(error.message, /cannot open ".*": (it is read-only|it cannot be opened)/);
      return true;
    });
  });
});

describe('the files of a store', () => {
  it('are for their owner only', async test => {
    const folder = join(await temporaryFolder(test), 'made', 'store');
    const before = process.umask(0);
    test.after(() => process.umask(before));
    const store = await temporaryStore(test, { folder });
    await store.commit([{ do: 'put', key: a, value: objectOf(a, 'x') }]);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    for (const name of await readdir(folder)) {
      assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name);
    }
  });
});

describe('an answer', () => {
  it('comes after the log was written and synced', { timeout: 60_000 }, async test => {
    if (spawnSync('strace', ['-V']).error !== undefined) return test.skip('strace is not installed');
    const folder = await temporaryFolder(test);
    const trace = join(folder, 'trace');
    const follow = ['-f', '-y', '-s', '12', '-e', 'trace=pwrite64,fdatasync,fsync,write', '-o', trace];
    const command = [...follow, process.execPath, '--import', 'tsx', program, join(folder, 'store'), 'one', '1', '1'];
    const child = spawn('strace', command, { stdio: ['ignore', 'pipe', 'ignore'] });
    const exited = once(child, 'exit');
    let said = '';
    for await (const text of child.stdout) {
      said += String(text);
      if (said.split('{"told"').length > 30) break;
    }
    // The traced process dies of the closed pipe; strace with it.
    child.stdout.destroy();
    await exited;
    // One writer only, so that nobody else's write can lie between its own sync and its answer.
    let unsynced = false;
    let answers = 0;
    for (const line of (await readFile(trace, 'utf8')).split('\n')) {
      if (/pwrite64\(\d+<[^>]*store\.db-wal>/.test(line)) unsynced = true;
      // Finished, not merely begun: strace splits a call that another thread's interrupts.
      if (/f(data)?sync\(\d+<[^>]*store\.db-wal>\)\s+= 0|f(data)?sync resumed>.*= 0/.test(line)) unsynced = false;
      if (!/write\(1<.*\{\\"told\\"/.test(line)) continue;
      answers++;
      assert.equal(unsynced, false, `answered before the sync: ${line}`);
    }
    assert.ok(answers > 10, `${answers} answers`);
  });
});

/** A file system of its own in a new folder; `undefined`, and the test skipped, where that can't be. */
async function mounted(test: TestContext, what: string[]): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'larder-store-'));
  test.after(async () => {
    spawnSync('umount', ['-l', folder]);
    await rm(folder, { recursive: true, force: true });
  });
  const { status, stderr, error } = spawnSync('mount', [...what, folder]);
  if (status === 0) return folder;
  test.skip(`nothing can be mounted here: ${String(error ?? stderr)}`);
  return undefined;
}
