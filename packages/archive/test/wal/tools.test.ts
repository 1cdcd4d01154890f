/** Debian's barman-cloud reads what we archived, and we fetch what it archived, in each of its compressions. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { newArchiverSlots, restoreCommand, startArchiver, startWalFetcher, type Destination } from '@larder/archive';
import { addressOf, barman, toolsMissing } from '../backup/tools.ts';
import { startRig, type Rig } from '../rig.ts';
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

describe("barman-cloud's tools", { skip: toolsMissing() }, () => {
  let rig: Rig;
  let instance: Instance;
  before(async () => {
    rig = await startRig({ prefix: 'some/where' });
    instance = await makeInstance();
  });
  after(async () => {
    await instance.remove();
    await rig.close();
  });

  it('check and restore what we archived', async () => {
    const [url, server] = addressOf(rig.destination);
    const check = async (): Promise<number> => (await barman(rig.destination, 'check-wal-archive', [url, server])).code;
    assert.equal(await check(), 0, 'the archive of a new server is empty');
    const history = '00000002.history';
    const [first, partial] = [segmentName(1), `${segmentName(2)}.partial`];
    // Large enough for several members of gzip, with a part that can't be compressed.
    const bytes = await instance.finish(first, segment(first, { bytes: 16 * 2 ** 20 }));
    await instance.finish(partial, segment(partial));
    await instance.finish(history, Buffer.from('1\t0/3000000\tno recovery target specified\n'));
    const common = { folder: instance.folder, ...ACCOUNT, systemIdentifier: SYSTEM, slots: newArchiverSlots() };
    const archiver = startArchiver({ ...common, destination: rig.destination });
    await eventually('all is archived', async () => (await instance.marked()).length === 3);
    await archiver.stop();
    assert.equal(await check(), 1, 'it is in use');
    const restore = async (name: string): Promise<Buffer> => {
      const path = join(instance.folder, `restored-${name}`);
      const { code, stderr } = await barman(rig.destination, 'wal-restore', [url, server, name, path]);
      assert.equal(code, 0, stderr);
      return readFile(path);
    };
    assert.ok((await restore(first)).equals(bytes));
    assert.match((await restore(history)).toString(), /^1\t0\/3000000/);
    const missing = await barman(rig.destination, 'wal-restore', [
      url,
      server,
      segmentName(9),
      join(instance.folder, 'x'),
    ]);
    assert.equal(missing.code, 1);
  });

  for (const [option, ours] of [
    ['', 0],
    ['--gzip', 0],
    ['--bzip2', 0],
    ['--snappy', 255],
  ] as const)
    it(`archive${option === '' ? ' plain' : ` with ${option}`}: ${ours === 0 ? 'we fetch it' : 'we refuse it in words'}`, async context => {
      const destination: Destination = { ...rig.destination, serverName: `barman${option}` };
      const [url, server] = addressOf(destination);
      const name = segmentName(1);
      const bytes = segment(name);
      const path = join(instance.folder, name);
      await writeFile(path, bytes);
      const options = option === '' ? [] : [option];
      const { code, stderr } = await barman(destination, 'wal-archive', [...options, url, server, path]);
      if (option === '--snappy' && /snappy/i.test(stderr) && code !== 0)
        return context.skip('not run: there is no python-snappy');
      assert.equal(code, 0, stderr);
      const fetcher = await startWalFetcher({
        folder: instance.folder,
        ...ACCOUNT,
        systemIdentifier: SYSTEM,
        destination,
      });
      context.after(() => fetcher.stop());
      const p = 'pg_wal/RECOVERYXLOG';
      const cwd = join(instance.folder, 'data');
      assert.equal(
        await runCommand(restoreCommand(instance.folder), { cwd, f: name, p }),
        ours,
        fetcher.state().lastError,
      );
      if (ours === 0) assert.ok((await readFile(join(cwd, p))).equals(bytes));
      else assert.match(fetcher.state().lastError ?? '', /is not read here/);
    });

  it('one archive, two writers: what they agree on is a success, what they do not is told', async () => {
    const destination: Destination = { ...rig.destination, serverName: 'both' };
    const [url, server] = addressOf(destination);
    const [same, other] = [segmentName(21), segmentName(22)];
    const both = await makeInstance();
    for (const name of [same, other]) {
      const bytes = await both.finish(name);
      await writeFile(join(instance.folder, name), name === same ? bytes : segment(name));
      assert.equal(
        (await barman(destination, 'wal-archive', ['--gzip', url, server, join(instance.folder, name)])).code,
        0,
      );
    }
    const common = { folder: both.folder, ...ACCOUNT, systemIdentifier: SYSTEM, slots: newArchiverSlots() };
    const archiver = startArchiver({ ...common, destination, firstPauseMs: 20, longestPauseMs: 50 });
    await eventually('the first is acknowledged', async () => (await both.marked()).includes(same));
    await eventually('the second is told', () =>
      /two servers archive under one name/.test(archiver.state().lastError ?? ''),
    );
    assert.deepEqual(await both.marked(), [same]);
    await archiver.stop();
    await both.remove();
  });
});
