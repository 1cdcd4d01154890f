/** One process at a time; the lock goes with its process, whatever becomes of it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { openStore, StoreLockedError } from '../../src/store/index.ts';
import { temporaryFolder, temporaryStore } from './fixtures.ts';

const program = new URL('write-until-killed.ts', import.meta.url).pathname;

describe('the lock of a store', () => {
  it('keeps another process out and names the one inside', async test => {
    const folder = await temporaryFolder(test);
    const { pid, die } = await startHolder(test, folder);
    await assert.rejects(openStore({ folder }), (error: unknown) => {
      assert.ok(error instanceof StoreLockedError);
      assert.equal(error.pid, pid);
      assert.match(error.message, new RegExp(`process ${pid} has it open; stop that one first`));
      return true;
    });
    await die();
    await temporaryStore(test, { folder });
  });

  it('keeps out a second opening in the same process, and survives it', async test => {
    const folder = await temporaryFolder(test);
    await temporaryStore(test, { folder });
    await assert.rejects(openStore({ folder }), StoreLockedError);
    // Were a descriptor of the lock's file opened and closed in vain, the kernel would have let the lock go.
    const child = spawn(process.execPath, ['--import', 'tsx', program, folder]);
    let complaint = '';
    child.stderr.on('data', (text: Buffer) => (complaint += text.toString()));
    await once(child, 'exit');
    assert.match(complaint, new RegExp(`process ${process.pid} has it open`));
  });

  it('is not believed when its process is gone, even if another has that number now', async test => {
    const folder = await temporaryFolder(test);
    const { die } = await startHolder(test, folder);
    await die();
    await writeFile(join(folder, 'store.pid'), '1\n');
    const store = await temporaryStore(test, { folder });
    assert.equal(await readFile(join(folder, 'store.pid'), 'utf8'), `${process.pid}\n`);
    assert.equal(store.revision >= 0, true);
  });

  it('is free after closing', async test => {
    const folder = await temporaryFolder(test);
    await (await openStore({ folder })).close();
    await (await openStore({ folder })).close();
  });
});

/** A process that has the store open, and how to kill it. */
async function startHolder(test: TestContext, folder: string): Promise<{ pid: number; die: () => Promise<void> }> {
  const child = spawn(process.execPath, ['--import', 'tsx', program, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const die = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  test.after(die);
  await once(child.stdout, 'data');
  return { pid: child.pid as number, die };
}
