/** The fetcher with the server's own command beside it, against a real server of objects, with faults on the wire. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chown, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { deflateRawSync, gzipSync } from 'node:zlib';
import {
  archiveKeys,
  openStore,
  restoreCommand,
  startWalFetcher,
  type Compression,
  type Fetcher,
  type FetcherOptions,
  type Store,
} from '@larder/archive';
import { randomFaults, startRig, type Rig } from '../rig.ts';
import {
  ACCOUNT,
  eventually,
  makeInstance,
  runCommand,
  segment,
  segmentName,
  SYSTEM,
  type Instance,
} from './instance.ts';

const [a, b] = [1, 2].map(n => segmentName(n)) as [string, string];

describe('the fetcher', () => {
  let rig: Rig;
  let instance: Instance;
  let store: Store;
  const fetchers: Fetcher[] = [];
  beforeEach(async () => {
    rig = await startRig();
    instance = await makeInstance();
    store = openStore(rig.destination);
  });
  afterEach(async () => {
    for (const fetcher of fetchers.splice(0)) await fetcher.stop();
    store.close();
    await instance.remove();
    await rig.close();
  });

  const start = async (more: Partial<FetcherOptions> = {}): Promise<Fetcher> => {
    const common = { folder: instance.folder, ...ACCOUNT, systemIdentifier: SYSTEM, destination: rig.destination };
    const fetcher = await startWalFetcher({ ...common, ...more });
    fetchers.push(fetcher);
    return fetcher;
  };
  const archived = async (
    name: string,
    content = segment(name),
    compression: Compression = 'gzip',
  ): Promise<Buffer> => {
    const packed = compression === 'gzip' ? gzipSync(content, { level: 1 }) : content;
    await store.put(archiveKeys(rig.destination).wal(name, compression), packed);
    return content;
  };
  const target = (): string => join(instance.wal, 'RECOVERYXLOG');
  const restore = (name: string): Promise<number | string> =>
    runCommand(restoreCommand(instance.folder), {
      cwd: join(instance.folder, 'data'),
      f: name,
      p: 'pg_wal/RECOVERYXLOG',
    });
  const gets = (name: string): Promise<void> =>
    restore(name).then(async code => {
      assert.equal(code, 0, name);
    });

  it('brings what is asked for into place, whole, and what comes next ahead of time', async () => {
    const content = new Map<string, Buffer>();
    for (let n = 1; n <= 12; n++) content.set(segmentName(n), await archived(segmentName(n)));
    const fetcher = await start();
    for (const [name, bytes] of content) {
      await gets(name);
      assert.ok((await readFile(target())).equals(bytes), name);
      if (name === a)
        await eventually('the next ones are there', async () => (await fetched()).includes(segmentName(4)));
    }
    assert.equal(await restore(segmentName(13)), 1, 'the end of the log');
    assert.equal(fetcher.state().lastMissingWal, segmentName(13));
    assert.equal(fetcher.state().lastError, undefined);
    assert.deepEqual(await readdir(join(instance.folder, 'wanted')), [], 'no wish is left');
    assert.ok(!(await fetched()).includes(a), 'what was taken is gone');
    const asked = rig.requests.filter(line => line.startsWith('GET') && line.includes(`${segmentName(5)}.gz`));
    assert.equal(asked.length, 1, 'each one is fetched once');
  });
  const fetched = async (): Promise<string[]> => readdir(join(instance.folder, 'restored'));

  it('histories, plain segments, bzip2, and a part where the whole is not there', async () => {
    await archived('00000002.history', Buffer.from('1\t0/3000000\n'));
    await archived(a, undefined, 'none');
    await archived(`${segmentName(9)}.partial`);
    await start();
    await gets('00000002.history');
    assert.equal((await readFile(target())).toString(), '1\t0/3000000\n');
    await gets(a);
    await gets(segmentName(9));
    assert.equal(await restore('00000003.history'), 1);
    const content = segment(b);
    await writeFile(join(instance.folder, 'x'), content);
    const packed = execFileSync('bzip2', ['-c', join(instance.folder, 'x')], { maxBuffer: 2 ** 26 });
    await store.put(archiveKeys(rig.destination).wal(b, 'bzip2'), packed);
    await gets(b);
    assert.ok((await readFile(target())).equals(content));
  });

  for (const compression of ['xz', 'snappy', 'zstd', 'lz4'] as const)
    it(`refuses ${compression} in words, and recovery does not end there`, async () => {
      await archived(a, segment(a), compression);
      const fetcher = await start();
      assert.equal(await restore(a), 255);
      assert.match(
        fetcher.state().lastError ?? '',
        new RegExp(`compression, ${compression}, is not read here; fetch it with the tool`),
      );
    });

  it('looks again for what was not there', async () => {
    await start();
    assert.equal(await restore(a), 1);
    await archived(a);
    await gets(a);
  });

  it('a hole is a fault, or the end where that was asked for', async () => {
    await archived(a);
    await archived(segmentName(3));
    await archived(segmentName(4096 + 7), undefined);
    const fetcher = await start();
    await gets(a);
    assert.equal(await restore(b), 255);
    assert.match(
      fetcher.state().lastError ?? '',
      /the log has a hole: "000000010000000000000002" is not in the bucket, but "000000010000000000000003" is/,
    );
    assert.equal(await restore(segmentName(4)), 255, 'also where the later one is in another folder');
    assert.equal(await restore(segmentName(4, 2)), 1, 'another timeline is none');
    await fetcher.stop();
    await start({ onHole: 'end' });
    assert.equal(await restore(b), 1);
  });

  const damaged: [string, (content: Buffer) => Buffer, RegExp][] = [
    ['a flipped byte', content => flip(gzipSync(content, { level: 1 })), /incorrect|invalid/],
    ['a cut one', content => gzipSync(content).subarray(0, 200_000), /unexpected end/],
    ['not gzip', content => deflateRawSync(content), /incorrect header/],
    ['a shorter one', content => gzipSync(content.subarray(0, 500_000)), /has 500000 bytes/],
    ['that of another server', () => gzipSync(segment(a, { system: '5' })), /system identifier 5/],
    ['another place', () => gzipSync(segment(b)), /another place in the log/],
  ];
  for (const [what, make, says] of damaged)
    it(`never hands out ${what}`, async () => {
      await store.put(archiveKeys(rig.destination).wal(a, 'gzip'), make(segment(a)));
      const fetcher = await start();
      assert.equal(await restore(a), 255);
      assert.match(fetcher.state().lastError ?? '', says);
      assert.deepEqual(
        (await fetched()).filter(name => !name.startsWith('.failed')),
        [],
      );
    });

  it('an outage is never the end of the log', async () => {
    await archived(a);
    rig.down();
    const fetcher = await start({ patienceMs: 50 });
    assert.equal(await restore(a), 255);
    assert.match(fetcher.state().lastError ?? '', /doesn't answer as it should/);
    rig.up();
    rig.fault = () => ({ answer: 403, code: 'AccessDenied' });
    assert.equal(await restore(a), 255);
    rig.fault = () => ({ answer: 404, code: 'NoSuchBucket' });
    assert.equal(await restore(a), 255);
    rig.fault = () => undefined;
    await gets(a);
    assert.equal(fetcher.state().lastError, undefined);
  });

  it('waits for a store that is away', async () => {
    await archived(a);
    rig.down();
    const fetcher = await start();
    const asked = restore(a);
    await eventually('it says so', () => fetcher.state().lastError !== undefined);
    rig.up();
    assert.equal(await asked, 0);
  });

  it('gets through a store where one request in ten fails or is cut', async () => {
    const content = new Map<string, Buffer>();
    for (let n = 1; n <= 15; n++) content.set(segmentName(n), await archived(segmentName(n)));
    rig.fault = randomFaults(0.1);
    await start();
    for (const [name, bytes] of content) {
      await gets(name);
      assert.ok((await readFile(target())).equals(bytes), name);
    }
  });

  it('what is planted among the wishes is left alone', async () => {
    await archived(a);
    await start();
    const wanted = join(instance.folder, 'wanted');
    await symlink('/etc/passwd', join(wanted, `${b}.1`));
    await mkdir(join(wanted, `${segmentName(7)}.2`));
    await writeFile(join(wanted, '..x'), '');
    await writeFile(join(wanted, 'no wish.3'), '');
    await gets(a);
    await eventually('the others are answered', async () => (await fetched()).includes(`.missing.${b}.1`));
  });

  it('keeps what was asked for until it is taken, although somebody asks for another place in the log', async () => {
    const content = await archived(a);
    await archived(segmentName(40));
    const fetcher = await start();
    const wanted = join(instance.folder, 'wanted');
    await writeFile(join(wanted, `${a}.1`), '');
    await eventually('the first is there', async () => (await fetched()).includes(a));
    await writeFile(join(wanted, `${segmentName(40)}.2`), '');
    await eventually('the other is there', async () => (await fetched()).includes(segmentName(40)));
    await writeFile(join(wanted, `${segmentName(41)}.3`), '');
    await eventually('the next is answered', () => fetcher.state().lastMissingWal === segmentName(41));
    await gets(a);
    assert.ok((await readFile(target())).equals(content));
    assert.equal(rig.requests.filter(line => line.startsWith('GET') && line.includes(`${a}.gz`)).length, 1);
  });

  it('ends where an earlier one ended, whatever came into the bucket since', async () => {
    await archived(a);
    const first = await start();
    await gets(a);
    assert.equal(await restore(b), 1);
    const missing = first.missing();
    assert.deepEqual(missing, [b]);
    await first.stop();
    await archived(b);
    await start({ missing });
    await gets(a);
    assert.equal(await restore(b), 1);
  });

  it('never follows a link in place of the folder of wishes', async () => {
    const fetcher = await start();
    const wanted = join(instance.folder, 'wanted');
    await rm(wanted, { recursive: true });
    await symlink('/tmp', wanted);
    await eventually('it says so', () => /somebody replaced it/.test(fetcher.state().lastError ?? ''));
  });

  it('one that was killed leaves nothing half done, and its wishes are heard by the next', async () => {
    const content = await archived(a);
    await mkdir(join(instance.folder, 'wanted'));
    await mkdir(join(instance.folder, 'restored'));
    await chown(join(instance.folder, 'wanted'), ACCOUNT.uid, ACCOUNT.gid);
    await writeFile(join(instance.folder, 'restored', `.draft.${a}`), 'half');
    await writeFile(join(instance.folder, 'restored', `.missing.${a}.77`), '');
    const asked = restore(a);
    await eventually('it wishes', async () => (await readdir(join(instance.folder, 'wanted'))).length > 0);
    await start();
    assert.equal(await asked, 0);
    assert.ok((await readFile(target())).equals(content));
    assert.ok(!(await fetched()).some(name => name.startsWith('.draft')));
  });

  it('without a fetcher recovery does not end', async () => {
    assert.equal(await restore(a), 255);
  });
});

function flip(bytes: Buffer): Buffer {
  const at = Math.floor(bytes.length / 2);
  bytes[at] = bytes[at]! ^ 0x10;
  return bytes;
}
