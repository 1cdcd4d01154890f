/** Our gzip: any reader's, and inflated in blocks by us, whatever the content looks like. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { BLOCK_BYTES, BLOCK_END, BLOCKS_HEADER, gzip } from '../../src/backup/gzip.ts';
import { gunzip } from '../../src/restore/gunzip.ts';

const MARK = BLOCK_END;
const EMPTY_BLOCK = MARK.subarray(4);

/** What can't be compressed is stored as it is, marks included. */
const contents: [string, Buffer][] = [
  ['nothing', Buffer.alloc(0)],
  ['a byte', Buffer.from('x')],
  ['a block exactly', Buffer.alloc(BLOCK_BYTES, 'abc')],
  ['three blocks exactly', randomBytes(3 * BLOCK_BYTES)],
  ['more than any number of blocks', Buffer.concat([Buffer.alloc(9 * BLOCK_BYTES, 'abcdefg'), randomBytes(1000)])],
  ['marks within a block', withMarks(randomBytes(2 * BLOCK_BYTES), [0, 5, 700_000, BLOCK_BYTES + 3])],
  ['marks over ends of blocks', withMarks(randomBytes(4 * BLOCK_BYTES + 77), marksAround(1, 2, 3, 4))],
  ['nothing but marks', Buffer.alloc(2 * BLOCK_BYTES + 5, MARK)],
];

describe('an archive of our own', () => {
  for (const [name, content] of contents) {
    it(`holds ${name}, for every reader`, async () => {
      const archive = await packed(content, 65_536);
      assert.ok(archive.subarray(0, BLOCKS_HEADER.length).equals(BLOCKS_HEADER));
      assert.ok(gunzipSync(archive).equals(content), 'as zlib reads it');
      for (const chunkBytes of [1_000_003, 65_536, 4_099]) {
        const read = await buffer(gunzip(Readable.from(chunksOf(archive, chunkBytes))));
        assert.ok(read.equals(content), `as we read it, ${chunkBytes} bytes at a time`);
      }
    });
  }

  it('is refused when it is cut, wherever that is', async () => {
    const archive = await packed(Buffer.alloc(3 * BLOCK_BYTES + 9, 'some content'), 100_000);
    for (const at of [5, BLOCKS_HEADER.length, 2_000, archive.length - 11, archive.length - 8, archive.length - 1])
      await assert.rejects(buffer(gunzip(Readable.from([archive.subarray(0, at)]))), Error, `cut at ${at}`);
  });

  it('is refused when a byte of it is another, or one is too many', async () => {
    const archive = await packed(randomBytes(2 * BLOCK_BYTES + 9), 100_000);
    const firstMark = archive.indexOf(MARK);
    const places = [BLOCKS_HEADER.length, 500_000, firstMark + 1, firstMark + 6, archive.length - 10];
    for (const at of [...places, archive.length - 8, archive.length - 1]) {
      const flipped = Buffer.from(archive);
      flipped[at]! ^= 4;
      await assert.rejects(buffer(gunzip(Readable.from([flipped]))), Error, `flipped at ${at}`);
    }
    await assert.rejects(buffer(gunzip(Readable.from([archive, Buffer.from('x')]))), /damaged/);
  });

  it('is refused when its blocks are in another order, or hold more than they may', async () => {
    const archive = await packed(Buffer.concat([randomBytes(BLOCK_BYTES), randomBytes(BLOCK_BYTES)]), 100_000);
    const [first, second] = [archive.indexOf(MARK) + MARK.length, archive.lastIndexOf(MARK) + MARK.length];
    const [head, end] = [BLOCKS_HEADER.length, archive.length];
    const swapped = [[0, head], [first, second], [head, first], [second, end]].map(([a, b]) => archive.subarray(a, b)); // prettier-ignore
    await assert.rejects(buffer(gunzip(Readable.from(swapped))), /damaged/);
    const large = gzipSync(Buffer.alloc(2 * BLOCK_BYTES)).subarray(10, -8);
    const bomb = [BLOCKS_HEADER, large, MARK, archive.subarray(second)];
    await assert.rejects(buffer(gunzip(Readable.from(bomb))), Error);
  });

  it('fails with what its source failed with', async () => {
    const archive = await packed(randomBytes(2 * BLOCK_BYTES), 100_000);
    const source = Readable.from(
      (function* () {
        yield archive.subarray(0, 1_500_000);
        throw new Error('the store is gone');
      })(),
    );
    await assert.rejects(buffer(gunzip(source)), /the store is gone/);
  });
});

describe('an archive of others', () => {
  it('is read as gzip’s own reader reads it: one member, several, one that is cut', async () => {
    const [one, two] = [randomBytes(300_000), Buffer.alloc(400_000, 'y')];
    assert.ok((await buffer(gunzip(Readable.from(chunksOf(gzipSync(one), 7_001))))).equals(one));
    const both = Buffer.concat([gzipSync(one), gzipSync(two)]);
    assert.ok((await buffer(gunzip(Readable.from([both])))).equals(Buffer.concat([one, two])));
    await assert.rejects(buffer(gunzip(Readable.from([gzipSync(two).subarray(0, 300)]))), /unexpected end/);
    await assert.rejects(buffer(gunzip(Readable.from([Buffer.from('no gzip, but longer than its header is')]))), Error);
  });
});

async function packed(content: Buffer, chunkBytes: number): Promise<Buffer> {
  return buffer(gzip(Readable.from(chunksOf(content, chunkBytes))));
}

function* chunksOf(content: Buffer, bytes: number): Generator<Buffer> {
  for (let at = 0; at < content.length; at += bytes) yield content.subarray(at, at + bytes);
}

function withMarks(content: Buffer, places: number[]): Buffer {
  for (const at of places) MARK.copy(content, at);
  return content;
}

/** Some end just before a block's end, some at it, some beyond it. */
function marksAround(...blocks: number[]): number[] {
  return blocks.map(
    block => block * BLOCK_BYTES - [MARK.length, MARK.length + 1, EMPTY_BLOCK.length, MARK.length - 1][block - 1]!,
  );
}
