/** What somebody does to a server by hand, seen by the check alone: the object doesn't change, and nothing restarts the plane. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { pause } from '@larder/controller';
import { isAlive, type Login, type Session } from '@larder/postgres';
import { placeOf } from '../../src/servers/index.ts';
import {
  asOwner,
  credentialsOf,
  messageOf,
  patchSpec,
  recordOf,
  rigScope,
  rigWithServer,
  untilReady,
  untilReason,
  untilRestarted,
  type Rig,
} from './rig.ts';

const isRoot = process.geteuid?.() === 0;

describe('a server that is well is looked at again and again', () => {
  let rig: Rig;
  const scope = rigScope();
  const asSuperuser = async <T>(work: (session: Session) => Promise<T>, login: Partial<Login> = {}): Promise<T> => {
    const { superuserUsername: user = '', superuserPassword: password = '' } = await credentialsOf(rig, 'one');
    return asOwner(rig, 'one', work, { user, password, database: 'postgres', ...login });
  };
  const settings = async (): Promise<unknown> => {
    const [row] = await asOwner(rig, 'one', session =>
      session.rows(
        "SELECT current_setting('work_mem') AS work, current_setting('maintenance_work_mem') AS maintenance",
      ),
    );
    return row;
  };

  before(async () => {
    rig = await rigWithServer(scope, 'one', { spec: { superuserAccess: isRoot }, plane: { checkEveryMs: 200 } });
    await asOwner(rig, 'one', session => session.rows('CREATE TABLE public.kept AS SELECT 42 AS answer'));
  });

  it('puts an edited postgresql.conf back, and the settings that were loaded from it', async () => {
    const file = join(placeOf(rig.home, 'one').configuration, 'postgresql.conf');
    const [written, meant] = [readFileSync(file, 'utf8'), await settings()];
    const { process: first } = await recordOf(rig, 'one');
    writeFileSync(file, `${written}maintenance_work_mem = '77MB'\nwork_mem = '77MB'\n`);
    // As an owner with rights would; who can't reload finds the file put back all the same.
    process.kill(first!.pid, 'SIGHUP');
    await untilTrue('the settings are those of the object', async () => {
      return readFileSync(file, 'utf8') === written && JSON.stringify(await settings()) === JSON.stringify(meant);
    });
    assert.deepEqual((await recordOf(rig, 'one')).process, first, 'without a restart');
  });

  it('puts an edited pg_hba.conf back', async () => {
    const file = join(placeOf(rig.home, 'one').configuration, 'pg_hba.conf');
    const written = readFileSync(file, 'utf8');
    writeFileSync(file, `host all all 0.0.0.0/0 trust\n${written}`);
    await untilTrue('the file is as it was', async () => readFileSync(file, 'utf8') === written);
  });

  it(
    'makes a dropped owner again, with its database, and says so',
    { skip: !isRoot && 'not run: needs a superuser' },
    async () => {
      await asSuperuser(session => session.rows('REASSIGN OWNED BY app TO postgres'), { database: 'app' });
      await asSuperuser(session => session.rows('ALTER DATABASE app OWNER TO postgres'));
      await asSuperuser(session => session.rows('DROP ROLE app'));
      const told = await untilReason(rig, 'one', 'OwnerMadeAgain', 'OwnerIntact');
      const said = messageOf(told, 'OwnerIntact');
      assert.match(said, /role "app", which the connection secret names, had been dropped and was made again/);
      assert.match(
        said,
        /database "app", which was owned by "postgres", is its own again; objects that were given to others/,
      );
      await untilReady(rig, 'one');
      const [row] = await asOwner(rig, 'one', session =>
        session.rows(
          'SELECT current_user AS role, pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = current_database()',
        ),
      );
      assert.deepEqual(row, { role: 'app', owner: 'app' });
      assert.deepEqual(
        await asSuperuser(session => session.rows('SELECT answer FROM public.kept'), { database: 'app' }),
        [{ answer: 42 }],
      );
    },
  );

  it(
    'says that its database is gone, and takes it back',
    { skip: !isRoot && 'not run: needs a superuser' },
    async () => {
      await untilTrue('nobody is in the database', () =>
        asSuperuser(session => session.rows('ALTER DATABASE app RENAME TO away')).then(
          () => true,
          () => false,
        ),
      );
      const told = await untilReason(rig, 'one', 'DatabaseMissing');
      assert.match(messageOf(told), /database "app" does not exist: somebody dropped or renamed it/);
      await asSuperuser(session => session.rows('ALTER DATABASE away RENAME TO app'));
      await untilReady(rig, 'one', 90_000);
    },
  );

  it(
    'says that nobody can log in when its shared memory was deleted; with apply Immediate it is restarted',
    { skip: !isRoot && 'not run: needs root' },
    async () => {
      // Statistics of many tables don't fit into what every process inherits.
      await asOwner(rig, 'one', session =>
        session.rows(`DO $$ BEGIN FOR n IN 1..1000 LOOP
        EXECUTE 'CREATE TABLE public.t' || n || ' (a int)'; EXECUTE 'INSERT INTO public.t' || n || ' VALUES (1)';
      END LOOP; END $$`),
      );
      const { process: first, account } = await recordOf(rig, 'one');
      await untilTrue('no login works', async () => {
        const paths = readdirSync('/dev/shm').map(name => join('/dev/shm', name));
        const others = mappedByOthers(placeOf(rig.home, 'one').data);
        const own = paths.filter(
          path => statSync(path, { throwIfNoEntry: false })?.uid === account?.uid && !others.has(path),
        );
        for (const path of own) rmSync(path, { force: true });
        return asOwner(rig, 'one', async () => false).catch(error => /shared memory segment/.test(String(error)));
      });
      const told = await untilReason(rig, 'one', 'SharedMemoryLost');
      assert.match(
        messageOf(told),
        /files of the server in \/dev\/shm were deleted while it ran, so it takes no new connection/,
      );
      assert.match(messageOf(told), new RegExp(`updatePolicy.apply Immediate .* kill -INT ${first!.pid}`));
      assert.ok(isAlive(first!), 'whoever is in it may go on');
      await patchSpec(rig, 'one', { apply: 'Immediate' });
      await untilRestarted(rig, 'one', first);
      await untilReady(rig, 'one', 90_000);
      assert.ok(existsSync(placeOf(rig.home, 'one').data));
    },
  );
});

/** Other tests may have taken the same number by hand: what processes elsewhere use isn't the server's. */
function mappedByOthers(data: string): Set<string> {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name));
  const maps = pids.map(pid => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === data ? '' : readFileSync(`/proc/${pid}/maps`, 'utf8');
    } catch {
      return ''; // it is gone
    }
  });
  return new Set(maps.flatMap(text => text.match(/\/dev\/shm\/PostgreSQL\.\d+/g) ?? []));
}

async function untilTrue(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 90_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`cannot wait any longer until ${what}`);
    await pause(50);
  }
}
