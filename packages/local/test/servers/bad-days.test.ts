/** Reboots, orphans, damage, clocks and what a tenant may plant: a clear word each, no second server, nothing lost. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { processesIn } from '@larder/postgres';
import { placeOf, type InstanceRecord } from '../../src/servers/index.ts';
import {
  asOwner,
  credentialsOf,
  endServer,
  messageOf,
  patchSpec,
  recordOf,
  refOfServer,
  rigScope,
  rigWithServer,
  untilReady,
  untilReason,
  untilRestarted,
  whileDown,
  type Rig,
} from './rig.ts';

describe('on a bad day a server', () => {
  let rig: Rig;
  let data: string;
  let uid: number;
  const scope = rigScope();
  const isRoot = process.geteuid?.() === 0;
  const kept = (): Promise<unknown[]> => asOwner(rig, 'one', session => session.rows('SELECT answer FROM public.kept'));
  const own = (path: string): void => chownSync(path, uid, uid);

  before(async () => {
    rig = await rigWithServer(scope, 'one', { spec: { superuserAccess: isRoot } });
    await asOwner(rig, 'one', session => session.rows('CREATE TABLE public.kept AS SELECT 42 AS answer'));
    data = placeOf(rig.home, 'one').data;
    uid = (await recordOf(rig, 'one')).account?.uid ?? process.geteuid?.() ?? 0;
  });

  it('comes back from a reboot, also when another program has its process id', async () => {
    const record = await recordOf(rig, 'one');
    await rig.stopPlane();
    const file = join(data, 'postmaster.pid');
    const left = readFileSync(file, 'utf8');
    for (const { pid } of processesIn(data, uid)) process.kill(pid, 'SIGKILL');
    writeFileSync(file, left.replace(/^\d+/, String(process.pid)));
    const past: InstanceRecord = {
      ...record,
      process: { ...record.process!, pid: process.pid, bootId: 'an earlier boot' },
    };
    writeFileSync(placeOf(rig.home, 'one').record, JSON.stringify(past));
    rig.runPlane();
    await untilRestarted(rig, 'one', past.process);
    const { status } = await untilReady(rig, 'one', 60_000);
    assert.ok(!status?.conditions?.some(({ type }) => type === 'Stable'), 'a reboot is nobody’s death');
    assert.deepEqual(await kept(), [{ answer: 42 }]);
  });

  it('has never a second postmaster while orphans of the first still run', async () => {
    const { process: first } = await recordOf(rig, 'one');
    const before = processesIn(data, uid).map(({ pid }) => pid);
    const orphan = processesIn(data, uid).find(({ parent }) => parent === first!.pid)!;
    process.kill(orphan.pid, 'SIGSTOP');
    process.kill(first!.pid, 'SIGKILL');
    await untilReason(rig, 'one', 'OrphansRunning');
    const now = processesIn(data, uid).map(({ pid }) => pid);
    assert.ok(now.includes(orphan.pid));
    assert.deepEqual(
      now.filter(pid => !before.includes(pid)),
      [],
    );
    process.kill(orphan.pid, 'SIGCONT');
    await untilRestarted(rig, 'one', first);
    assert.deepEqual(await kept(), [{ answer: 42 }]);
  });

  it('is adopted by a plane whose clock was wrong at its start', async () => {
    for (const days of [-400, 400]) {
      const { process: first } = await recordOf(rig, 'one');
      await rig.stopPlane();
      const file = join(data, 'postmaster.pid');
      const lines = readFileSync(file, 'utf8').split('\n');
      lines[2] = String(Number(lines[2]) + days * 86_400);
      writeFileSync(file, lines.join('\n'));
      rig.runPlane();
      await patchSpec(rig, 'one', { settings: { shared_buffers: '16MB', work_mem: `${500 + days}kB` } });
      await untilReady(rig, 'one', 60_000);
      assert.deepEqual((await recordOf(rig, 'one')).process, first);
    }
  });

  it('is not started on a damaged pg_control, and says what to do', async () => {
    const control = join(data, 'global/pg_control');
    const aside = join(data, 'aside');
    await whileDown(rig, 'one', () => {
      copyFileSync(control, aside);
      const bytes = readFileSync(control);
      bytes[100] = (bytes[100] ?? 0) ^ 1;
      writeFileSync(control, bytes);
    });
    const server = await untilReason(rig, 'one', 'DataDamaged');
    assert.match(messageOf(server), /pg_control has a wrong checksum .* restore the directory from a copy/);
    await whileDown(rig, 'one', () => {
      renameSync(aside, control);
      own(control);
    });
    await untilReady(rig, 'one', 60_000);
  });

  it('reads nothing that was planted, and says so', { skip: !isRoot && 'not run: needs root' }, async () => {
    const secret = join(rig.home.folder, 'secret');
    writeFileSync(secret, 'FATAL: root only\n', { mode: 0o600 });
    const plants: Record<string, (path: string) => void> = {
      link: path => symlinkSync(secret, path),
      fifo: path => execFileSync('mkfifo', [path]),
      'hard link': path => linkSync(secret, path),
    };
    for (const [what, plant] of Object.entries(plants)) {
      const version = join(data, 'PG_VERSION');
      await whileDown(rig, 'one', () => {
        renameSync(version, join(data, 'aside'));
        plant(version);
      });
      const server = await untilReason(rig, 'one', 'DataDamaged');
      assert.match(messageOf(server), /is not a plain file of the server's own account: somebody replaced it/, what);
      await whileDown(rig, 'one', () => renameSync(join(data, 'aside'), version));
      await untilReady(rig, 'one', 60_000);
    }
    const log = join(placeOf(rig.home, 'one').log, 'postgresql-99991231-000000.log');
    symlinkSync(secret, log);
    const { process: first } = await recordOf(rig, 'one');
    process.kill(first!.pid, 'SIGKILL');
    await untilRestarted(rig, 'one', first);
    const died = await untilReason(rig, 'one', 'ServerDied', 'Stable');
    assert.doesNotMatch(messageOf(died, 'Stable'), /root only/);
    rmSync(log, { force: true });
  });

  it(
    'is put back after ALTER SYSTEM and an edited file',
    { skip: !isRoot && 'not run: needs a superuser' },
    async () => {
      const { superuserUsername: user = '', superuserPassword: password = '' } = await credentialsOf(rig, 'one');
      await asOwner(rig, 'one', session => session.rows("ALTER SYSTEM SET work_mem = '77MB'"), { user, password });
      const file = join(placeOf(rig.home, 'one').configuration, 'postgresql.conf');
      writeFileSync(file, readFileSync(file, 'utf8') + "maintenance_work_mem = '77MB'\n");
      await asOwner(rig, 'one', session => session.rows('SELECT pg_reload_conf()'), { user, password });
      await rig.stopPlane();
      rig.runPlane();
      await patchSpec(rig, 'one', { settings: { shared_buffers: '16MB', work_mem: '3MB' } });
      await untilReady(rig, 'one');
      const [row] = await asOwner(rig, 'one', session =>
        session.rows<{ work: string; maintenance: string }>(
          "SELECT current_setting('work_mem') AS work, current_setting('maintenance_work_mem') AS maintenance",
        ),
      );
      assert.deepEqual(row, { work: '3MB', maintenance: '64MB' });
    },
  );

  it('that dies again and again is started with pauses, and its cause is said', async () => {
    for (let deaths = 0; deaths < 3; deaths++) {
      const { process: first } = await recordOf(rig, 'one');
      process.kill(first!.pid, 'SIGKILL');
      if (deaths === 2) {
        const dead = await untilReason(rig, 'one', 'Crashed');
        assert.match(messageOf(dead), /keeps dying; it is started again after a pause/);
      }
      await untilRestarted(rig, 'one', first);
    }
    await untilReason(rig, 'one', 'ServerDied', 'Stable');
    assert.deepEqual(await kept(), [{ answer: 42 }]);
  });

  it('takes nothing with it that only seemed its own', { skip: !isRoot && 'not run: needs root' }, async () => {
    const outside = join(rig.home.folder, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'file'), 'kept');
    await endServer(rig, 'one');
    symlinkSync(outside, join(data, 'planted'));
    symlinkSync(outside, join(data, 'pg_wal', 'planted'));
    linkSync(join(outside, 'file'), join(data, 'hard'));
    execFileSync('mkfifo', [join(data, 'fifo')]);
    await rig.client.delete(refOfServer('one'));
    for await (const _ of rig.client.watch(refOfServer('one'))) if (!existsSync(data)) break;
    assert.equal(readFileSync(join(outside, 'file'), 'utf8'), 'kept');
  });
});
