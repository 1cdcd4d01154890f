/** Names that servers archive under: each incarnation its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextServerName, parseServerName, serverName, type ListEntry, type Store } from '@larder/archive';

/** A bucket with these folders at its root. */
function bucketWith(folders: string[], prefix = ''): Pick<Store, 'list' | 'destination'> {
  const root = prefix === '' ? '' : `${prefix}/`;
  return {
    destination: { prefix } as Store['destination'],
    async *list(wanted): AsyncGenerator<ListEntry> {
      for (const folder of folders.map(each => `${root}${each}/`))
        if (folder.startsWith(wanted)) yield { kind: 'folder', prefix: folder };
    },
  };
}

test('a name tells server, major and incarnation, and only this server’s are taken for its own', () => {
  assert.equal(serverName('a-b-x1', 17), 'a-b-x1-17-1');
  assert.deepEqual(parseServerName('a-b-x1-17-2', 'a-b-x1'), { major: 17, incarnation: 2 });
  for (const other of ['a-b-x1', 'a-b-x1-17', 'a-b-x1-17-1-1', 'a-17-1', 'a-b-x1-seventeen-1'])
    assert.equal(parseServerName(other, 'a-b-x1'), undefined, other);
});

test('the next incarnation has a name that nothing was archived under', async () => {
  const at = { server: 'a-x1', major: 18 };
  assert.equal(await nextServerName(bucketWith([]), at), 'a-x1-18-1');
  const folders = ['a-x1-17-1', 'a-x1-18-2', 'a-x1-18-10', 'a-x1-18-1-99', 'b-x1-18-40'];
  assert.equal(await nextServerName(bucketWith(folders), at), 'a-x1-18-11');
  assert.equal(await nextServerName(bucketWith(folders, 'p/q'), at), 'a-x1-18-11');
});
