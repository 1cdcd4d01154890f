/** What can be wrong with a server, and what is told of it then: no turn takes long, and none that works is called down. */
import assert from 'node:assert/strict';
import { afterEach, before, describe, it } from 'node:test';
import { connect, type Session } from '@larder/driver';
import { ServerMonitor, type ServerReading } from '@larder/monitor';
import { scopeOfSuite } from '../../postgres/test/machine.ts';
import { allOf, makeMeasuring, PASSWORD, postmasterOf, valueWith, type Measuring } from './rig.ts';

describe('a server', () => {
  const scope = scopeOfSuite();
  let rig: Measuring;
  const undo: (() => Promise<void> | void)[] = [];

  before(async () => {
    rig = (await makeMeasuring(scope))!;
    await rig.sql('CREATE DATABASE app');
    await rig.monitor.turn();
  });

  afterEach(async () => {
    for (const each of undo.splice(0).reverse()) await each();
  });

  const turn = (): Promise<ServerReading> => rig.monitor.turn();

  const session = async (database = 'postgres', user = 'measures'): Promise<Session> => {
    const endpoint = { host: 'localhost', port: rig.server.port, ca: rig.server.ca };
    const opened = await connect(endpoint, { user, password: PASSWORD, database });
    undo.push(() => opened.abandon());
    return opened;
  };

  it('that hangs is down, and up again when it goes on', async () => {
    const endpoint = { host: 'localhost', port: rig.server.port, ca: rig.server.ca };
    const hasty = new ServerMonitor({ name: 'one', endpoint, login: { user: 'measures', password: PASSWORD } });
    undo.push(() => hasty.stop());
    rig.monitor.stop();
    const postmaster = await postmasterOf(rig.server);
    const children = (await rig.server.asSuperuser(async one => one.batch('SELECT pid FROM pg_stat_activity')))[0]!;
    const pids = [postmaster, ...children.map(([pid]) => Number(pid))];
    const send = (signal: NodeJS.Signals): void => {
      for (const pid of pids)
        try {
          process.kill(pid, signal);
        } catch {
          // The session that asked is gone.
        }
    };
    undo.push(() => send('SIGCONT'));
    send('SIGSTOP');
    assert.equal((await hasty.turn()).reach, 'down');
    const again = await hasty.turn();
    assert.equal(again.reach, 'down');
    assert.equal(valueWith(allOf(again), 'pg_up'), 0);
    assert.equal(allOf(again).get('pg_stat_database_numbackends'), undefined, 'nothing old is told');
    send('SIGCONT');
    assert.equal((await turn()).reach, 'up');
  });

  it('whose catalogue is locked is up, and tells what can be told', async () => {
    assert.equal((await turn()).problem, undefined);
    const locking = await openSuperuser(rig);
    undo.push(() => locking.end());
    await locking.lock('pg_catalog.pg_authid');
    const reading = await turn();
    assert.equal(reading.reach, 'up');
    const measured = allOf(reading);
    assert.equal(valueWith(measured, 'pg_scrape_collector_success', { collector: 'activity' }), 0);
    assert.equal(valueWith(measured, 'pg_scrape_collector_success', { collector: 'instance' }), 1);
    assert.equal(valueWith(measured, 'pg_exporter_last_scrape_error'), 1);
  });

  it('that was restarted meanwhile is measured in the same turn', async () => {
    assert.equal((await turn()).reach, 'up');
    await rig.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'measures'");
    const reading = await turn();
    assert.equal(reading.reach, 'up');
    assert.equal(reading.problem, undefined);
  });

  it('without a connection left is up: the kept one goes on', async () => {
    assert.equal((await turn()).reach, 'up');
    await rig.sql('ALTER ROLE measures CONNECTION LIMIT -1');
    const taken: Session[] = [];
    for (;;) {
      const next = await session().catch((error: unknown) => error as Error & { code?: string });
      if (next instanceof Error) {
        assert.equal((next as { code?: string }).code, '53300', next.message);
        break;
      }
      taken.push(next);
    }
    assert.ok(taken.length > 50);
    assert.equal((await turn()).reach, 'up', 'with the kept connection');
    rig.monitor.stop();
    // Whoever comes next has the place that it left, as soon as the server has seen that.
    const deadline = performance.now() + 60_000;
    for (let next: Session | undefined; next === undefined; next = await session().catch(() => undefined))
      assert.ok(performance.now() < deadline, 'its place is taken');
    const full = await turn();
    assert.equal(full.reach, 'full');
    assert.equal(valueWith(allOf(full), 'pg_up'), 1, 'a server that says so works');
  });

  it('with a database that goes while it is measured stays up', async () => {
    const dropping = (async () => {
      for (let round = 0; round < 5; round++) {
        await rig.sql('CREATE DATABASE fleeting STRATEGY file_copy');
        await rig.sql('DROP DATABASE fleeting WITH (FORCE)');
      }
    })();
    let over = false;
    void dropping.finally(() => (over = true));
    while (!over) assert.equal((await turn()).reach, 'up');
    await dropping;
  });

  it('that refuses the login is up, and says why nothing is told', async () => {
    rig.monitor.stop();
    await rig.sql('ALTER ROLE measures NOLOGIN');
    undo.push(() => rig.sql('ALTER ROLE measures LOGIN'));
    const reading = await turn();
    assert.equal(reading.reach, 'refused');
    assert.match(reading.problem ?? '', /not permitted to log in/);
  });
});

interface Locking {
  lock(table: string): Promise<void>;
  end(): Promise<void>;
}

/** A transaction of the superuser that stays open. */
async function openSuperuser({ server }: Measuring): Promise<Locking> {
  let release: () => void = () => undefined;
  const released = new Promise<void>(resolve => (release = resolve));
  let opened: (session: Session) => void = () => undefined;
  const open = new Promise<Session>(resolve => (opened = resolve));
  const over = server.asSuperuser(async session => {
    opened(session);
    await released;
  });
  const session = await open;
  return {
    lock: async table => {
      await session.rows('BEGIN');
      await session.rows(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    },
    end: async () => {
      release();
      await over;
    },
  };
}
