/** From an object to a server that an application can use, and back to nothing. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { isNotFound } from '@larder/kube';
import { isAlive, isPortFree } from '@larder/postgres';
import { ACCOUNTS_FOLDER, placeOf } from '../../src/servers/index.ts';
import {
  asOwner,
  credentialsOf,
  makeRig,
  messageOf,
  patchSpec,
  recordOf,
  refOfServer,
  rigScope,
  serverObject,
  untilReady,
  untilReason,
  type Rig,
} from './rig.ts';

describe('a PostgresServer', () => {
  let rig: Rig;
  const scope = rigScope();
  before(async () => {
    rig = await makeRig(scope);
    rig.runPlane();
  });

  it('becomes ready when the owner can log in with the secret', async () => {
    await rig.client.create(serverObject('one'));
    const server = await untilReady(rig, 'one');
    assert.equal(server.status?.version, '17.10');
    assert.equal(server.status?.endpoint, 'localhost');
    assert.match(server.status?.origin?.openssl ?? '', /^1\.1\.1/);
    assert.deepEqual(
      server.status?.conditions?.map(({ type }) => type),
      ['Ready'],
    );
    const secret = await credentialsOf(rig, 'one');
    assert.deepEqual(Object.keys(secret).sort(), ['ca.crt', 'database', 'endpoint', 'password', 'port', 'username']);
    const who = await asOwner(rig, 'one', session =>
      session.rows('SELECT current_user AS who, current_database() AS at'),
    );
    assert.deepEqual(who, [{ who: 'app', at: 'app' }]);
  });

  it('gives every server its own port, identity and, as root, account', async () => {
    await rig.client.create(serverObject('two'));
    await untilReady(rig, 'two');
    const [one, two] = await Promise.all([recordOf(rig, 'one'), recordOf(rig, 'two')]);
    assert.notEqual(one.port, two.port);
    assert.notEqual(one.systemIdentifier, two.systemIdentifier);
    assert.equal(one.firstPassword, undefined);
    if (process.geteuid?.() === 0) {
      assert.notEqual(one.account?.uid, two.account?.uid);
      assert.equal(statSync(placeOf(rig.home, 'one').data).uid, one.account?.uid);
    }
  });

  it('puts a changed password back, since applications have the secret', async () => {
    await asOwner(rig, 'one', session => session.rows("ALTER ROLE app PASSWORD 'mine'"));
    await patchSpec(rig, 'one', { settings: { work_mem: '5MB' } });
    await untilReady(rig, 'one');
    const [row] = await asOwner(rig, 'one', session => session.rows<{ work_mem: string }>('SHOW work_mem'));
    assert.equal(row?.work_mem, '5MB');
  });

  it('shows what waits for a restart, and brings it in when that is allowed', async () => {
    const { process: first } = await recordOf(rig, 'one');
    await patchSpec(rig, 'one', { settings: { max_connections: '55' } });
    const waiting = await untilReady(rig, 'one');
    assert.deepEqual(
      waiting.status?.pendingChanges?.map(({ field, from, to }) => ({ field, from, to })),
      [{ field: 'settings.max_connections', from: '100', to: '55' }],
    );
    assert.deepEqual((await recordOf(rig, 'one')).process, first);
    await patchSpec(rig, 'one', { apply: 'Immediate' });
    const applied = await untilReady(rig, 'one');
    assert.deepEqual(applied.status?.pendingChanges, []);
    const [row] = await asOwner(rig, 'one', session =>
      session.rows<{ max_connections: string }>('SHOW max_connections'),
    );
    assert.equal(row?.max_connections, '55');
    assert.notDeepEqual((await recordOf(rig, 'one')).process, first);
  });

  it('runs on as before when it does not start with what was asked', async () => {
    await patchSpec(rig, 'one', { settings: { shared_buffers: '900TB' } });
    const refused = await untilReason(rig, 'one', 'StartRefused', 'SettingsApplied');
    assert.match(messageOf(refused, 'SettingsApplied'), /shared_buffers/);
    await asOwner(rig, 'one', session => session.rows('SELECT 1'));
    await patchSpec(rig, 'one', { settings: { shared_buffers: '16MB' } });
    await untilReady(rig, 'one');
  });

  it('creates extensions and refuses those that are not there', async () => {
    const extensions = [{ name: 'pgcrypto' }, { name: 'postgis' }];
    await patchSpec(rig, 'one', { extensions });
    const server = await untilReason(rig, 'one', 'ExtensionRefused', 'ExtensionsReady');
    assert.match(messageOf(server, 'ExtensionsReady'), /postgis: these PostgreSQL binaries/);
    const rows = await asOwner(rig, 'one', session =>
      session.rows("SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'"),
    );
    assert.deepEqual(rows, [{ extname: 'pgcrypto' }]);
  });

  it('gives a superuser and takes it away again', { skip: process.geteuid?.() !== 0 }, async () => {
    await patchSpec(rig, 'two', { superuserAccess: true });
    await untilReady(rig, 'two');
    const { superuserUsername: user = '', superuserPassword: password = '' } = await credentialsOf(rig, 'two');
    const who = { user, password };
    const rows = await asOwner(
      rig,
      'two',
      session => session.rows('SELECT rolsuper FROM pg_roles WHERE rolname = current_user'),
      who,
    );
    assert.deepEqual(rows, [{ rolsuper: true }]);
    await patchSpec(rig, 'two', { superuserAccess: false });
    await untilReady(rig, 'two');
    assert.equal((await credentialsOf(rig, 'two')).superuserPassword, undefined);
    await assert.rejects(
      asOwner(rig, 'two', async () => undefined, who),
      /authentication failed|not permitted/,
    );
  });

  it('says what is on offer instead of a version that is not', async () => {
    await rig.client.create(serverObject('never', { version: '17.99' }));
    const server = await untilReason(rig, 'never', 'VersionNotOnOffer');
    assert.match(messageOf(server), /17\.99 is not on offer; on offer are .*17\.10/);
    assert.equal(existsSync(placeOf(rig.home, 'never').data), false);
  });

  it('does not take over a secret that is not its own', async () => {
    const metadata = { name: 'foreign-credentials', namespace: 'larder-system' };
    await rig.client.create({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { password: 'theirs' } });
    await rig.client.create(serverObject('foreign'));
    await untilReason(rig, 'foreign', 'SecretTaken');
    await rig.client.delete(refOfServer('foreign'));
    assert.deepEqual(await credentialsOf(rig, 'foreign'), { password: 'theirs' });
  });

  it('goes with everything it had', async () => {
    const { port, process: server, account } = await recordOf(rig, 'two');
    await rig.client.delete(refOfServer('two'));
    await untilGone(rig, 'two');
    assert.equal(isAlive(server!), false);
    assert.equal(existsSync(placeOf(rig.home, 'two').folder), false);
    assert.equal(await isPortFree(port), true);
    assert.equal(existsSync(join(rig.home.folder, 's', String(port))), false);
    if (account)
      assert.deepEqual(
        holdersOf(account.uid).filter(holder => holder.startsWith(rig.home.folder)),
        [],
      );
    await assert.rejects(credentialsOf(rig, 'two'), isNotFound);
  });
});

/** Whose the number is, by the claims of all planes of this machine. */
function holdersOf(uid: number): string[] {
  const claims = readdirSync(ACCOUNTS_FOLDER).filter(name => name.split('.')[0] === String(uid));
  return claims.flatMap(name => {
    try {
      return [readFileSync(join(ACCOUNTS_FOLDER, name), 'utf8')];
    } catch {
      return []; // released meanwhile
    }
  });
}

async function untilGone({ client }: Rig, name: string): Promise<void> {
  for await (const event of client.watch({ apiVersion: 'local.larder.dev/v1alpha1', kind: 'PostgresServer' })) {
    if (event.type === 'DELETED' && event.object.metadata.name === name) return;
    if (!(await client.find(refOfServer(name)))) return;
  }
}
