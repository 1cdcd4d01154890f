/** Following a log that is written, put aside, emptied, or not there for a moment. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { homeAt } from '@larder/local';
import { instancesOf } from '../src/instance-log.ts';
import { followFile, lastLines } from '../src/tail.ts';

test('what is written is followed through rotation and emptying, with no line lost or cut', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'larder-tail-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'log');
  writeFileSync(path, 'old\n');
  const stop = new AbortController();
  let seen = '';
  const untilSeen = async (text: string): Promise<void> => {
    const deadline = performance.now() + 30_000;
    while (seen !== text) {
      if (performance.now() > deadline) assert.equal(seen, text);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  };
  const { size } = lastLines(path, 10);
  const write = (text: string): void => void (seen += text);
  const following = followFile(async () => path, { path, offset: size, write, signal: stop.signal });
  const umlaut = Buffer.from('ä\n');
  appendFileSync(path, Buffer.concat([Buffer.from('one\n'), umlaut.subarray(0, 1)]));
  await untilSeen('one\n');
  appendFileSync(path, umlaut.subarray(1));
  await untilSeen('one\nä\n');
  renameSync(path, `${path}.1`);
  appendFileSync(`${path}.1`, 'last of the first\n');
  await untilSeen('one\nä\nlast of the first\n');
  writeFileSync(path, 'first of the second, which is longer than all that the first one had\n');
  await untilSeen('one\nä\nlast of the first\nfirst of the second, which is longer than all that the first one had\n');
  seen = '';
  truncateSync(path);
  appendFileSync(path, 'anew\n');
  await untilSeen('anew\n');
  stop.abort();
  await following;
});

test('without a plane an instance is known by its folder', t => {
  const folder = mkdtempSync(join(tmpdir(), 'larder-tail-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const home = homeAt(folder);
  for (const name of ['.spare', 'shop-bcdfg', 'shop-two-bcdfg', 'shop-zzzzz', 'web-12345'])
    mkdirSync(join(home.instances, name), { recursive: true });
  assert.deepEqual(instancesOf(home, 'web'), ['web-12345']);
  assert.deepEqual(instancesOf(home, 'shop'), ['shop-bcdfg', 'shop-zzzzz']);
  assert.deepEqual(instancesOf(home, 'shop-zzzzz'), ['shop-zzzzz']);
  assert.deepEqual(instancesOf(home, 'none'), []);
  assert.deepEqual(instancesOf(homeAt(join(folder, 'nowhere')), 'shop'), []);
});
