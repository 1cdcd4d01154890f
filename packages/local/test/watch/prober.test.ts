/** Probes of a real server, in what can be wrong with one: what counts as down, and what never may. With LARDER_FULL=1. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, scramVerifier } from '@larder/driver';
import { makeMeasuring, postmasterOf, type Measuring } from '../../../monitor/test/rig.ts';
import { scopeOfSuite } from '../../../postgres/test/machine.ts';
import type { Probe } from '../../src/monitor/orders.ts';
import type { SecondState } from '../../src/monitor/service-level/ledger.ts';
import { Prober } from '../../src/monitor/service-level/prober.ts';

const skip = process.env.LARDER_FULL ? false : 'not run: it takes a minute; LARDER_FULL=1 runs it';
const PASSWORD = 'of the probe';

describe('a probe', { skip }, () => {
  const scope = scopeOfSuite();
  const counted: SecondState[] = [];
  const undo: (() => unknown)[] = [];
  let rig: Measuring;
  let probe: Probe;
  let prober: Prober;
  let isMaintained = false;
  let isAnswering = false;

  const newProber = (hasBegun: boolean): Prober =>
    new Prober({
      probe: () => probe,
      isMaintained: () => isMaintained,
      isAnswering: () => isAnswering,
      hasBegun,
      count: (_at, state) => counted.push(state),
    });

  before(async () => {
    rig = (await makeMeasuring(scope))!;
    await rig.sql(`CREATE ROLE probes LOGIN PASSWORD '${await scramVerifier(PASSWORD)}'`);
    const { port, ca } = rig.server;
    probe = { host: 'localhost', port, ca, user: 'probes', password: PASSWORD, database: 'postgres' };
    prober = newProber(false);
  });
  after(() => prober?.stop());
  afterEach(async () => {
    for (const each of undo.splice(0).reverse()) await each();
  });

  const until = async (what: string, isSo: () => boolean): Promise<void> => {
    for (const deadline = performance.now() + 120_000; !isSo(); await delay(50))
      assert.ok(performance.now() < deadline, `${what}; counted: ${counted.slice(-20).join(' ')}`);
  };
  /** Until so many more seconds were counted as this. */
  const counts = async (state: SecondState, many = 3): Promise<void> => {
    const before = counted.filter(each => each === state).length;
    await until(`${state} is counted`, () => counted.filter(each => each === state).length >= before + many);
  };
  /** Nothing else than this is counted while it goes on. */
  const countsOnly = async (state: SecondState, many = 4): Promise<void> => {
    const from = counted.length;
    await counts(state, many);
    assert.deepEqual([...new Set(counted.slice(from))], [state]);
  };
  const backends = async (): Promise<number[]> => {
    const [rows = []] = await rig.server.asSuperuser(one =>
      one.batch("SELECT pid FROM pg_stat_activity WHERE usename = 'probes'"),
    );
    return rows.map(([pid]) => Number(pid));
  };

  it('of a server that is well counts up, with one connection that stays', async () => {
    await countsOnly('up');
    const first = await backends();
    await counts('up');
    assert.ok((await backends()).some(pid => first.includes(pid)));
    assert.equal(prober.seen.up, true);
  });

  it('of a server that hangs counts down, all of the time, and up when it goes on', async () => {
    const pids = [await postmasterOf(rig.server), ...(await backends())];
    const send = (signal: NodeJS.Signals): void => {
      for (const pid of pids)
        try {
          process.kill(pid, signal);
        } catch {
          // A login that was over meanwhile.
        }
    };
    undo.push(() => send('SIGCONT'));
    send('SIGSTOP');
    await counts('down', 6);
    assert.equal(prober.seen.up, false);
    send('SIGCONT');
    await counts('up');
  });

  it('in maintenance counts neither', async () => {
    isMaintained = true;
    undo.push(() => (isMaintained = false));
    await counts('maintenance', 1);
    await countsOnly('maintenance');
    isMaintained = false;
    await counts('up', 1);
  });

  it('of a server with a locked catalogue counts up, with its own connection and without', async () => {
    const { port, ca } = rig.server;
    await rig.sql(`ALTER ROLE probes SUPERUSER`);
    const login = { user: 'probes', password: PASSWORD, database: 'postgres' };
    const session = await connect({ host: 'localhost', port, ca }, login);
    undo.push(() => session.abandon());
    await session.rows('BEGIN');
    await session.rows('LOCK TABLE pg_catalog.pg_authid, pg_catalog.pg_database IN ACCESS EXCLUSIVE MODE');
    await countsOnly('up');
    // A probe that begins now is not let in: that says nothing, as long as another has its answers.
    isAnswering = true;
    const from = counted.length;
    const late = newProber(true);
    undo.push(() => late.stop());
    await until('many seconds have gone by', () => counted.length >= from + 8);
    assert.equal(counted.slice(from).includes('down'), false);
    await session.rows('ROLLBACK');
    isAnswering = false;
    await until('the late one is let in', () => late.seen.up === true);
  });

  it('of a server with all slots taken counts up while it has its own, and nothing when it has none', async () => {
    await rig.sql('ALTER ROLE probes NOSUPERUSER CONNECTION LIMIT 1');
    undo.push(() => rig.sql('ALTER ROLE probes CONNECTION LIMIT -1'));
    await countsOnly('up');
    const late = newProber(true);
    undo.push(() => late.stop());
    const from = counted.length;
    await until('seconds have gone by', () => counted.length >= from + 6);
    assert.equal(counted.slice(from).includes('down'), false);
    assert.notEqual(late.seen.up, false);
  });

  it('whose login was taken away says nothing of the server', async () => {
    const before = counted.length;
    await rig.sql('ALTER ROLE probes NOLOGIN');
    undo.push(() => rig.sql('ALTER ROLE probes LOGIN'));
    for (const pid of await backends()) await rig.sql(`SELECT pg_terminate_backend(${pid})`);
    await until('it is not known any more', () => prober.seen.up === undefined);
    assert.equal(counted.slice(before).filter(each => each === 'down').length <= 1, true, 'the cut itself, at most');
    await rig.sql('ALTER ROLE probes LOGIN');
    await counts('up');
  });

  it('of an instance that has never answered counts nothing, and of one that has, down', async () => {
    const nowhere = { ...probe, port: 1 };
    const states: Record<string, SecondState[]> = { new: [], known: [] };
    const probers = [false, true].map(
      hasBegun =>
        new Prober({
          probe: () => nowhere,
          isMaintained: () => false,
          isAnswering: () => false,
          hasBegun,
          count: (_at, state) => states[hasBegun ? 'known' : 'new']?.push(state),
        }),
    );
    undo.push(() => Promise.all(probers.map(each => each.stop())));
    await until('down is counted', () => (states.known?.length ?? 0) >= 3);
    assert.deepEqual([new Set(states.known), states.new], [new Set(['down']), []]);
  });
});
