/** A backup in each compression that is read, and the refusal of one that isn't: a small store, a made-up data directory. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import {
  archiveKeys,
  fetchBackup,
  openStore,
  printBackupInfo,
  type CompleteBackupInfo,
  type Store,
} from '@larder/archive';
import { startRig, type Rig } from '../rig.ts';

const ID = '20261123T101500';
const INFO: CompleteBackupInfo = {
  beginTime: new Date('2026-11-23T10:15:00Z'),
  endTime: new Date('2026-11-23T10:15:05Z'),
  beginWal: '000000010000000000000002',
  endWal: '000000010000000000000002',
  beginLsn: '0/2000028',
  endLsn: '0/2000138',
  beginOffset: 40,
  endOffset: 312,
  timeline: 1,
  version: 170_010,
  systemIdentifier: '7711152550942304173',
  tablespaces: [],
  backupLabel: 'START WAL LOCATION: 0/2000028',
  segmentSize: 16 * 2 ** 20,
  pgdata: '/var/lib/postgresql/17/main',
  size: 10_000,
};

describe('the archives of a backup', () => {
  const home = mkdtempSync(join(tmpdir(), 'larder-compressions-'));
  let rig: Rig;
  let store: Store;
  let tar: Buffer;

  before(async () => {
    rig = await startRig();
    store = openStore(rig.destination);
    const archive = pack();
    for (const name of ['PG_VERSION', 'global/pg_control', 'backup_label', 'base/1/1259'])
      archive.entry({ name }, name === 'PG_VERSION' ? '17\n' : 'x'.repeat(8192));
    archive.finalize();
    tar = await buffer(archive);
  });
  after(async () => {
    store.close();
    await rig.close();
    rmSync(home, { recursive: true, force: true });
  });

  const readable: [string, (content: Buffer) => Buffer][] = [
    ['.tar', content => content],
    ['.tar.gz', content => gzipSync(content)],
    ['.tar.bz2', content => execFileSync('bzip2', ['-c'], { input: content })],
  ];
  for (const [suffix, compress] of readable) {
    it(`are read as data${suffix}, and refused when the half of them is missing`, async t => {
      if (suffix.endsWith('bz2') && !hasBzip2()) return t.skip('not run: there is no bzip2 to pack one with');
      const content = compress(tar);
      const folder = await fetched(suffix, content);
      assert.equal(await readFile(join(folder, 'PG_VERSION'), 'utf8'), '17\n');
      assert.ok((await readdir(folder)).includes('pg_wal'));
      const cut = content.subarray(0, content.length - Math.ceil(content.length / 2));
      await assert.rejects(fetched(suffix, cut), /./);
    });
  }

  it('are refused in words in a compression that is not read here', async () => {
    await assert.rejects(
      fetched('.tar.lz4', Buffer.from('x')),
      /its compression "lz4" is not read here; take a backup with gzip/,
    );
  });

  let tries = 0;
  async function fetched(suffix: string, content: Buffer): Promise<string> {
    const keys = archiveKeys(rig.destination);
    const old: string[] = [];
    for await (const entry of store.list(keys.backupFolder(ID))) if (entry.kind === 'object') old.push(entry.key);
    await store.remove(old);
    await store.put(`${keys.backupFolder(ID)}data${suffix}`, content);
    await store.put(keys.backupInfo(ID), Buffer.from(printBackupInfo(INFO)));
    const folder = join(home, String(tries++));
    await fetchBackup({ store, backupId: ID, folder, verify: false });
    return folder;
  }
});

function hasBzip2(): boolean {
  try {
    execFileSync('bzip2', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
