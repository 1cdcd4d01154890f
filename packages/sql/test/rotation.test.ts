/** Two logins take turns: at no moment is there none that works. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { withSession, type Endpoint } from '@larder/driver';
import { scopeOfSuite } from '../../postgres/test/machine.ts';
import { planTurn, refuseRotation, type TurnInput } from '../src/roles/turn.ts';
import { makeRig, refOf, type Rig } from './rig.ts';

const HOUR = 3_600_000;
const now = new Date('2026-01-01T12:00:00Z');
const spec = { name: 'app', rotationSeconds: 3600 };
const at = (msAgo: number): TurnInput['status'] => ({
  rotation: { last: new Date(now.getTime() - msAgo).toISOString(), next: '' },
});

const turns: { name: string; input: Partial<TurnInput>; want: object }[] = [
  {
    name: 'the first of one login',
    input: { spec: { name: 'app' } },
    want: { kind: 'turn', login: 'app', because: 'first' },
  },
  {
    name: 'one login for ever',
    input: { spec: { name: 'app' }, current: 'app' },
    want: { kind: 'stay', login: 'app' },
  },
  { name: 'the first of two', input: {}, want: { kind: 'turn', login: 'app_a', because: 'first' } },
  {
    name: 'before its time',
    input: { current: 'app_a', status: at(HOUR / 2) },
    want: { kind: 'stay', login: 'app_a', dueInMs: HOUR / 2 },
  },
  {
    name: 'at its time',
    input: { current: 'app_a', status: at(HOUR) },
    want: { kind: 'turn', login: 'app_b', from: 'app_a', because: 'schedule' },
  },
  {
    name: 'back again',
    input: { current: 'app_b', status: at(2 * HOUR) },
    want: { kind: 'turn', login: 'app_a', because: 'schedule' },
  },
  {
    name: 'a turn that was begun',
    input: { current: 'app_a', begun: 'app_b', status: at(0) },
    want: { login: 'app_b', because: 'begun' },
  },
  {
    name: 'a request',
    input: { spec: { ...spec, rotationRequest: 'now' }, current: 'app_a', status: at(0) },
    want: { login: 'app_b', because: 'request' },
  },
  {
    name: 'a turn whose time was not written down',
    input: { current: 'app_a' },
    want: { kind: 'stay', dueInMs: HOUR },
  },
  { name: 'from one login to two', input: { current: 'app' }, want: { kind: 'turn', login: 'app_a', from: 'app' } },
  {
    name: 'from two logins to one',
    input: { spec: { name: 'app' }, current: 'app_b' },
    want: { login: 'app', from: 'app_b' },
  },
  {
    name: 'a clock that was set back',
    input: { current: 'app_a', status: at(-HOUR) },
    want: { kind: 'stay', dueInMs: 2 * HOUR },
  },
];

describe('a turn', () => {
  for (const { name, input, want } of turns) {
    it(`is planned for ${name}`, () => {
      const turn = planTurn({ spec, status: undefined, current: undefined, begun: undefined, now, ...input });
      assert.deepEqual({ ...turn, ...want }, turn);
    });
  }

  it('is refused on the five releases that ignore the role of a session', () => {
    const refused = [130017, 140014, 150009, 160005, 170001];
    assert.ok(refused.every(version => refuseRotation(version)?.includes('upgrade it')));
    assert.ok([130016, 130018, 150010, 170000, 170002, 180000].every(version => refuseRotation(version) === undefined));
  });
});

describe('logins that take turns', () => {
  const scope = scopeOfSuite();
  let rig: Rig;
  let time = now.getTime();
  const clock = { now: () => new Date(time) };

  const secretOf = (): Promise<Record<string, string>> => rig.secretOf('turning');
  const canLogIn = async ({ username = '', password = '' }: Record<string, string>): Promise<boolean> => {
    const tls = rig.server.tls as Extract<Endpoint, { host: string }>;
    return withSession(tls, { user: username, password, database: 'app' }, session => session.rows('select 1')).then(
      () => true,
      () => false,
    );
  };
  /** Another password in the secret than before. */
  const afterTurn = async (act: () => unknown): Promise<Record<string, string>> => {
    const old = await secretOf();
    await act();
    await rig.untilSecret('turning', ({ password }) => password !== undefined && password !== old.password);
    await rig.untilReady('PostgresRole', 'turning');
    return secretOf();
  };
  const request = (text: string): Promise<unknown> =>
    rig.client.patch(refOf('PostgresRole', 'turning'), { type: 'merge', body: { spec: { rotationRequest: text } } });

  before(async () => {
    rig = await makeRig(scope, { lent: true });
    rig.start(clock);
    await rig.createRole('turning', { rotationSeconds: 3600, grants: [{ database: 'app', privilege: 'owner' }] });
    await rig.untilReady('PostgresRole', 'turning');
  });

  it('leave the login before valid, and its objects to the role', async () => {
    const first = await secretOf();
    assert.equal(first.username, 'turning_a');
    await rig.asRole('turning', session => session.rows('set role none; create table public.left_behind ()'));
    const second = await afterTurn(() => request('one'));
    assert.equal(second.username, 'turning_b');
    assert.ok((await canLogIn(first)) && (await canLogIn(second)));
    const [row] = await rig.asSuperuser(
      session =>
        session.rows<{ owner: string }>(
          "select pg_get_userbyid(relowner) as owner from pg_class where relname = 'left_behind'",
        ),
      'app',
    );
    assert.equal(row?.owner, 'turning');
    const third = await afterTurn(() => request('two'));
    assert.equal(third.username, 'turning_a');
    assert.deepEqual([await canLogIn(first), await canLogIn(second), await canLogIn(third)], [false, true, true]);
  });

  it('turn when their time has come, also while nobody looked', async () => {
    const old = await secretOf();
    const next = await afterTurn(async () => {
      await rig.stop();
      time += HOUR;
      rig.start(clock);
    });
    assert.notEqual(next.username, old.username);
  });

  it('go on with a turn that was begun when everything ended', async () => {
    await rig.stop();
    const old = await secretOf();
    const begun = {
      nextUsername: old.username === 'turning_a' ? 'turning_b' : 'turning_a',
      nextPassword: 'begun-password',
    };
    await rig.writeSecret('turning-secret', { ...old, ...begun });
    const next = await afterTurn(() => rig.start(clock));
    assert.equal(next.password, 'begun-password');
    assert.equal(next.nextPassword, undefined);
    assert.ok((await canLogIn(old)) && (await canLogIn(next)));
  });

  it('never leave the secret with a password that does not work', async () => {
    let turning = true;
    const failures: string[] = [];
    let rounds = 0;
    const watcher = (async () => {
      for (; turning; rounds++) {
        const secret = await secretOf();
        if (!(await canLogIn(secret))) failures.push(secret.username ?? '');
      }
    })();
    for (const text of ['three', 'four', 'five']) {
      await afterTurn(() => request(text));
      // Who read the secret before a turn logs in before the next one but one: a password is good for two turns.
      for (const before = rounds; rounds < before + 2;) await canLogIn(await secretOf());
    }
    turning = false;
    await watcher;
    assert.deepEqual(failures, []);
  });

  it('are all that logs in, and a turn is no change by hand', async () => {
    await rig.createRole('quiet', { rotationSeconds: 3600 });
    await rig.untilReady('PostgresRole', 'quiet');
    const { username } = await rig.secretOf('quiet');
    await rig.stop();
    await rig.resync(['quiet']);
    await rig.client.patch(refOf('PostgresRole', 'quiet'), { type: 'merge', body: { spec: { rotationRequest: 'x' } } });
    await rig.untilSecret('quiet', secret => secret.username !== username);
    await rig.stop();
    await rig.resync(['quiet']);
    await rig.stop();
    const rows = await rig.asSuperuser(session =>
      session.rows("select rolname, rolcanlogin from pg_roles where rolname ~ '^quiet' order by 1"),
    );
    assert.deepEqual(rows, [
      { rolname: 'quiet', rolcanlogin: false },
      { rolname: 'quiet_a', rolcanlogin: true },
      { rolname: 'quiet_b', rolcanlogin: true },
    ]);
    const { items } = await rig.client.list({ apiVersion: 'v1', kind: 'Event' }, { namespace: 'default' });
    const about = items.filter(
      item => (item as { involvedObject?: { name?: string } }).involvedObject?.name === 'quiet',
    );
    assert.deepEqual(
      about.map(item => (item as { reason?: string }).reason),
      [],
    );
    rig.start(clock);
  });

  it('follow one login, which works for a day more', async () => {
    await rig.createRole('later', { grants: [{ database: 'app', privilege: 'readonly' }] });
    await rig.untilReady('PostgresRole', 'later');
    const old = await rig.secretOf('later');
    await rig.client.patch(refOf('PostgresRole', 'later'), {
      type: 'merge',
      body: { spec: { rotationSeconds: 3600 } },
    });
    await rig.untilSecret('later', ({ username }) => username === 'later_a');
    assert.ok(await canLogIn(old));
    assert.ok(await canLogIn(await rig.secretOf('later')));
  });
});
