/** What instances use, counted for many at once: as each one's own account, and as exactly as one by one. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { usedByMany, usedBytes, type Countable } from '../../src/servers/usage.ts';

const folder = mkdtempSync(join(tmpdir(), "larder usage's-"));
chmodSync(folder, 0o755);
after(() => rmSync(folder, { recursive: true, force: true }));
const isRoot = process.geteuid?.() === 0;

/** With so much in it, and readable by nobody but its account. */
function instance(name: string, kilobytes: number, uid: number): Countable {
  const place = { data: join(folder, name, 'data'), log: join(folder, name, 'log') };
  for (const each of [place.data, place.log]) {
    mkdirSync(each, { recursive: true });
    writeFileSync(join(each, 'file'), Buffer.alloc(kilobytes * 512, 1));
    if (isRoot) chownSync(each, uid, uid);
    chmodSync(each, 0o700);
  }
  return { name, place, account: isRoot ? { uid, gid: uid } : null };
}

describe('what instances use', () => {
  it('is counted for many as for each', async () => {
    const all = [instance('one', 400, 64_001), instance('two', 4_000, 64_002), instance('three', 40, 64_003)];
    const used = await usedByMany(all);
    assert.deepEqual([...used.keys()], ['one', 'two', 'three']);
    for (const each of all) assert.equal(used.get(each.name), await usedBytes(each));
    assert.ok(used.get('two')! > used.get('one')!);
  });

  it('leaves out what can’t be counted, and nothing else', async () => {
    const gone = { ...instance('gone', 4, 64_004), place: { data: join(folder, 'no'), log: join(folder, 'no') } };
    const used = await usedByMany([instance('before', 40, 64_005), gone, instance('behind', 40, 64_006)]);
    assert.deepEqual([...used.keys()], ['before', 'behind']);
    assert.deepEqual([...(await usedByMany([]))], []);
  });

  it(
    'follows no link that lies there, and looks into nothing that isn’t the account’s',
    { skip: !isRoot },
    async () => {
      const [large, planted] = [instance('large', 8_000, 64_007), instance('planted', 40, 64_008)];
      const before = await usedBytes(planted);
      symlinkSync(large.place.data, join(planted.place.data, 'link'));
      const used = await usedByMany([planted]);
      assert.ok(used.get('planted')! <= before + 4096, `${used.get('planted')}`);
      const foreign = { ...planted, place: large.place };
      assert.equal((await usedByMany([foreign])).get('planted'), undefined);
    },
  );
});
