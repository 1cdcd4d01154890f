/** Where groups can be made, by the kernel's own words; what is written there; and that this machine's kernel acts on it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ControlGroups, groupParents } from '@larder/postgres';
import { makeHome, scopeOfSuite } from '../machine.ts';

const v2 = '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate';
const v1 = [
  '33 32 0:29 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory',
  '34 32 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct',
].join('\n');

const cases: { reason: string; mountinfo: string; own: string; folders: string[] }[] = [
  {
    reason: 'a service of systemd makes groups beside itself, so that servers outlive it',
    mountinfo: v2,
    own: '0::/system.slice/larder.service\n',
    folders: ['/sys/fs/cgroup/system.slice', '/sys/fs/cgroup'],
  },
  {
    reason: 'a user has the part of the tree that is theirs',
    mountinfo: v2,
    own: '0::/user.slice/user-1000.slice/user@1000.service/app.slice/term.scope\n',
    folders: [
      '/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice',
      '/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service',
      '/sys/fs/cgroup/user.slice/user-1000.slice',
      '/sys/fs/cgroup/user.slice',
      '/sys/fs/cgroup',
    ],
  },
  { reason: 'a container sees itself as the top', mountinfo: v2, own: '0::/\n', folders: ['/sys/fs/cgroup'] },
  {
    reason: 'in version 1 groups lie below our own, in a tree for each controller',
    mountinfo: v1,
    own: '4:memory:/jobs/7\n3:cpu,cpuacct:/\n',
    folders: ['/sys/fs/cgroup/memory/jobs/7', '/sys/fs/cgroup/cpu,cpuacct'],
  },
  {
    reason: 'a mount that shows a part of the tree only is not left',
    mountinfo: '33 32 0:29 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory',
    own: '4:memory:/\n',
    folders: ['/sys/fs/cgroup/memory'],
  },
  { reason: 'elsewhere than on Linux there is nothing', mountinfo: '', own: '', folders: [] },
];

describe('groupParents', () => {
  for (const { reason, mountinfo, own, folders } of cases)
    it(reason, () =>
      assert.deepEqual(
        groupParents(mountinfo, own).map(({ folder }) => folder),
        folders,
      ),
    );
});

describe('control groups', () => {
  const scope = scopeOfSuite();

  it('of version 2 are told their limits in its words', async () => {
    const tree = makeHome(scope, 'cg');
    const group = join(tree, 'larder-x', 'one');
    mkdirSync(group, { recursive: true });
    for (const folder of [tree, join(tree, 'larder-x')])
      writeFileSync(join(folder, 'cgroup.subtree_control'), 'pids\n');
    const kernel = { mountinfo: `30 23 0:26 / ${tree} rw - cgroup2 cgroup2 rw`, ownGroups: '0::/larder.service' };
    const groups = await ControlGroups.open('larder-x', kernel);
    await groups.limit('one', { memoryBytes: 2 ** 28, milliCpu: 1_500 });
    assert.equal(readFileSync(join(tree, 'cgroup.subtree_control'), 'utf8'), '+memory +cpu');
    assert.equal(readFileSync(join(group, 'memory.max'), 'utf8'), String(2 ** 28));
    assert.equal(readFileSync(join(group, 'cpu.max'), 'utf8'), '150000 100000');
    writeFileSync(join(group, 'memory.stat'), `anon ${2 ** 28}\nfile ${2 ** 30}\nshmem 4096\n`);
    await assert.rejects(groups.limit('one', { memoryBytes: 2 ** 27 }), /it uses 257Mi now, and the limit of 128Mi/);
    await groups.limit('one', {});
    assert.equal(readFileSync(join(group, 'memory.max'), 'utf8'), 'max');
    assert.equal(readFileSync(join(group, 'cpu.max'), 'utf8'), 'max 100000');
  });

  it('that can not be made hold nothing', async () => {
    const kernel = { mountinfo: '30 23 0:26 / /proc/none rw - cgroup2 cgroup2 rw', ownGroups: '0::/' };
    const groups = await ControlGroups.open('larder-x', kernel);
    assert.deepEqual(groups.holds({ memoryBytes: 1, milliCpu: 1 }), { memory: false, cpu: false });
    assert.deepEqual(groups.holds({}), { memory: true, cpu: true });
    await groups.limit('one', { memoryBytes: 1 });
    assert.equal(await groups.has('one', process.pid), false);
  });

  it('end a process that takes more memory than its group has', async t => {
    const groups = await ControlGroups.open(`larder-test-${process.pid}`);
    scope.defer(() => groups.removeAll());
    if (!groups.holds({ memoryBytes: 1 }).memory) return t.skip('not run: no control groups can be made here');
    await groups.limit('one', { memoryBytes: 64 * 2 ** 20 });
    const child = spawn('/bin/sh', ['-c', 'read -r go && head -c 200000000 /dev/zero | tail -c 150000000 >/dev/null'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await groups.join('one', child.pid!);
    assert.equal(await groups.has('one', child.pid!), true);
    assert.equal(await groups.has('one', process.pid), false);
    child.stdin.end('go\n');
    const code = await new Promise(resolve => child.once('exit', (status, signal) => resolve(signal ?? status)));
    assert.ok(code === 'SIGKILL' || code === 137, String(code));
    await groups.join('one', child.pid!); // it has ended, which is no fault
    await groups.remove('one');
    assert.equal(await groups.has('one', child.pid!), false);
    assert.ok(!existsSync(`/sys/fs/cgroup/larder-test-${process.pid}`));
  });
});
