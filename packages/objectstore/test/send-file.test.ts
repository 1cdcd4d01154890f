/** A file is sent with two buffers: what a slow reader gets is what is in the file, and one that is cut is never taken for a whole one. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import { sendFile } from '../src/send-file.ts';

const content = randomBytes(700_001);
let folder: string;
let handle: FileHandle;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'larder-send-'));
  await writeFile(join(folder, 'file'), content);
  handle = await open(join(folder, 'file'));
});
after(async () => {
  await handle.close();
  await rm(folder, { recursive: true, force: true });
});

/** Looks at what it was given only when it is done with it, turns of the event loop later. */
function slowReader(): { to: Writable; got: Buffer[] } {
  const got: Buffer[] = [];
  const to = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      setImmediate(() => setImmediate(() => (got.push(Buffer.from(chunk)), done())));
    },
  });
  return { to, got };
}

for (const [start, end] of [
  [0, 700_000],
  [0, 0],
  [1, 131_072],
  [0, 131_071],
  [131_071, 262_144],
  [699_999, 700_000],
] as const)
  test(`bytes ${start} to ${end} are what a slow reader gets`, async () => {
    const { to, got } = slowReader();
    await sendFile(handle, { start, end }, to);
    assert.ok(Buffer.concat(got).equals(content.subarray(start, end + 1)));
    assert.equal(to.writableFinished, true);
  });

test('a reader that goes away, or a file that has become shorter, ends it', async () => {
  const { to } = slowReader();
  const sending = sendFile(handle, { start: 0, end: 700_000 }, to);
  to.destroy();
  await assert.rejects(sending, { code: 'ERR_STREAM_PREMATURE_CLOSE' });
  const short = slowReader();
  await assert.rejects(sendFile(handle, { start: 0, end: 800_000 }, short.to), /shorter than it was/);
  assert.equal(short.to.destroyed, true);
  assert.equal(short.to.writableFinished, false);
});
