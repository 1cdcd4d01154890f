/** The look at processes whose files stay open: an end is seen, another process of the same id is not mistaken for the first. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { describe, it } from 'node:test';
import { isAlive, observeProcess, ProcessWatch, type ProcessRef } from '@larder/postgres';

function refOf(pid: number): ProcessRef {
  const { startTicks, bootId } = observeProcess(pid)!;
  return { pid, startTicks, bootId };
}

function openFilesOf(pid: number): number {
  return readdirSync('/proc/self/fd').filter(fd => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === `/proc/${pid}/stat`;
    } catch {
      return false;
    }
  }).length;
}

describe('a watch over processes', () => {
  it('sees each as it is, and its end', async () => {
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    const watch = new ProcessWatch();
    try {
      const ref = refOf(child.pid!);
      assert.equal(watch.isAlive(ref), true);
      assert.equal(watch.isAlive(ref), true);
      assert.equal(watch.isAlive(refOf(process.pid)), true);
      assert.equal(openFilesOf(ref.pid), 1);
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      assert.equal(isAlive(ref), false);
      assert.equal(watch.isAlive(ref), false);
      assert.equal(openFilesOf(ref.pid), 0);
    } finally {
      child.kill('SIGKILL');
      watch.close();
    }
    assert.equal(openFilesOf(process.pid), 0);
  });

  it('takes a process of the same id and another start for another', () => {
    const watch = new ProcessWatch();
    const own = refOf(process.pid);
    assert.equal(watch.isAlive({ ...own, startTicks: own.startTicks - 1 }), false);
    assert.equal(watch.isAlive({ ...own, bootId: 'another' }), false);
    assert.equal(openFilesOf(process.pid), 0);
  });

  it('keeps the files of those alone that it is told to', () => {
    const watch = new ProcessWatch();
    const own = refOf(process.pid);
    assert.equal(watch.isAlive(own), true);
    watch.keep([own]);
    assert.equal(openFilesOf(process.pid), 1);
    watch.keep([]);
    assert.equal(openFilesOf(process.pid), 0);
    assert.equal(watch.isAlive(own), true);
    watch.close();
  });
});
