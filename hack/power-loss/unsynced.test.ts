/** The judge of power losses, judged: what it must see, and what it must let pass. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readTrace } from './unsynced.ts';

const answer = '7 write(1<pipe:[9]>, "done", 4) = 4';
const make = '7 openat(AT_FDCWD</>, "/d/f", O_RDWR|O_CREAT, 0600) = 3</d/f>';
const write = '8 pwrite64(3</d/f>, "abc"..., 3, 0) = 3';
const sync = '8 fdatasync(3</d/f>) = 0';
const syncFolder = '8 fsync(4</d>) = 0';

const cases: [string, string[], string[]][] = [
  ['nothing was written', [answer], []],
  ['bytes that were not synced', [make, syncFolder, write, answer], ['bytes of /d/f']],
  ['bytes that were synced', [make, syncFolder, write, sync, answer], []],
  ['bytes written after the sync', [make, syncFolder, write, sync, write, answer], ['bytes of /d/f']],
  [
    'bytes written while a sync ran',
    [
      make,
      syncFolder,
      write,
      '8 fsync(3</d/f> <unfinished ...>',
      '9 write(3</d/f>, "d", 1) = 1',
      '8 <... fsync resumed>) = 0',
      answer,
    ],
    ['bytes of /d/f'],
  ],
  [
    'a sync that has not ended',
    [make, syncFolder, write, '8 fsync(3</d/f> <unfinished ...>', answer],
    ['bytes of /d/f'],
  ],
  [
    'a sync that failed',
    [make, syncFolder, write, '8 fsync(3</d/f>) = -1 EIO (Input/output error)', answer],
    ['bytes of /d/f'],
  ],
  ['a sync of another file', [make, syncFolder, write, '8 fsync(3</d/g>) = 0', answer], ['bytes of /d/f']],
  ['a new name in a folder that was not synced', [make, write, sync, answer], ['name of /d/f']],
  [
    'a new name that came to nothing',
    ['7 openat(AT_FDCWD</>, "/d/f", O_RDWR|O_CREAT|O_EXCL, 0600) = -1 EEXIST (File exists)', answer],
    [],
  ],
  [
    'a rename after the sync of the folder',
    [make, write, sync, syncFolder, '7 rename("/d/f", "/d/g") = 0', answer],
    ['removal of /d/f', 'name of /d/g'],
  ],
  ['a name of another folder', [make, write, sync, '8 fsync(4</>) = 0', answer], ['name of /d/f']],
  ['a rename before it', [make, write, sync, '7 rename("/d/f", "/d/g") = 0', syncFolder, answer], []],
  [
    'bytes not synced before their file was renamed',
    [make, write, '7 rename("/d/f", "/d/g") = 0', syncFolder, answer],
    ['bytes of /d/g'],
  ],
  ['a removal that would come back', [make, syncFolder, '7 unlink("/d/f") = 0', answer], ['removal of /d/f']],
  ['a folder that would be gone', ['7 mkdir("/d", 0700) = 0', answer], ['name of /d']],
];

describe('what a power loss would take', () => {
  for (const [what, lines, expected] of cases) {
    it(what, () => {
      const { answers, findings } = readTrace(lines.join('\n'), { isAnswer: () => true, matters: () => true });
      assert.equal(answers, 1);
      const lost = findings.map(finding => `${finding.lost} of ${finding.path}`);
      assert.deepEqual(lost, expected);
    });
  }
});
