/** Servers that Larder doesn't run: a login with CREATEROLE and CREATEDB is enough, and nothing is taken that isn't ours. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { before, describe, it } from 'node:test';
import { scramVerifier } from '@larder/driver';
import { scopeOfSuite } from '../../postgres/test/machine.ts';
import { reach } from '../src/access/reach.ts';
import { makeRig, refOf, refusal, type Rig } from './rig.ts';

describe('a server that Larder does not run', () => {
  const scope = scopeOfSuite();
  let rig: Rig;
  let connection: Record<string, string>;

  before(async () => {
    rig = await makeRig(scope, { lent: false });
    await rig.asSuperuser(async session => {
      const verifier = await scramVerifier('manager-password');
      await session.rows(`CREATE ROLE manager LOGIN CREATEROLE CREATEDB PASSWORD '${verifier}'`);
      await session.rows("CREATE ROLE somebody LOGIN; COMMENT ON ROLE somebody IS 'the accountant'");
      await session.rows('CREATE DATABASE theirs OWNER manager');
    });
    const { endpoint = '', port = '', ...rest } = await rig.readSecret('connection');
    connection = { ...rest, endpoint, port, username: 'manager', password: 'manager-password', database: 'theirs' };
    await rig.writeSecret('connection', connection);
    rig.start();
  });

  it('gives users of a login without superuser what that can give', async () => {
    await rig.createRole('reader', { grants: [{ database: 'theirs', privilege: 'readonly' }] });
    await rig.createRole('writer', { grants: [{ database: 'theirs', privilege: 'readwrite' }] });
    await rig.untilReady('PostgresRole', 'reader');
    await rig.untilReady('PostgresRole', 'writer');
    await rig.asManager(session => session.rows('create table public.made_later (id int)'));
    await rig.asRole('writer', session => session.rows('insert into public.made_later values (1)'));
    await rig.asRole('reader', async session => {
      assert.equal(await refusal(session, 'select * from public.made_later'), '');
      assert.equal(await refusal(session, 'insert into public.made_later values (1)'), '42501');
    });
  });

  it('keeps what PUBLIC has, and says what a readonly user can do with it', async () => {
    await rig.asManager(session =>
      session.rows('create table public.open_to_all (id int); grant insert on public.open_to_all to public'),
    );
    await rig.createRole('honest', { grants: [{ database: 'theirs', privilege: 'readonly' }] });
    await rig.resyncFresh();
    assert.match(await rig.untilReason('PostgresRole', 'honest', 'PublicMayWrite'), /open_to_all/);
    await rig.asRole('honest', session => session.rows('insert into public.open_to_all values (1)'));
  });

  it('keeps roles that are not ours', async () => {
    await rig.createRole('taker', { name: 'somebody' });
    assert.match(await rig.untilReason('PostgresRole', 'taker', 'RoleExists'), /"somebody" exists .* adopt: true/);
    await rig.createRole('boss', { name: 'larder-boss' });
    assert.match(await rig.untilReason('PostgresRole', 'boss', 'NameNotPossible'), /larder-boss/);
    await rig.createRole('own', { name: 'manager' });
    assert.match(await rig.untilReason('PostgresRole', 'own', 'NameNotPossible'), /connection secret/);
    const [row] = await rig.asSuperuser(session =>
      session.rows<{ comment: string; password: string | null }>(
        "select shobj_description(oid, 'pg_authid') as comment, rolpassword as password from pg_authid where rolname = 'somebody'",
      ),
    );
    assert.deepEqual(row, { comment: 'the accountant', password: null });
  });

  it('has each name once', async () => {
    await rig.createRole('second', { name: 'reader' });
    assert.match(await rig.untilReason('PostgresRole', 'second', 'RoleTaken'), /another claim/);
  });

  it('says what the login of the secret can not give', async () => {
    await rig.createRole('replica', { replication: true });
    assert.match(await rig.untilReason('PostgresRole', 'replica', 'NotPossible'), /replication: true/);
    await rig.createRole('elsewhere', { grants: [{ database: 'nowhere', privilege: 'readonly' }] });
    assert.match(await rig.untilReason('PostgresRole', 'elsewhere', 'DatabaseMissing'), /"nowhere"/);
  });

  const wrong: { name: string; data: Record<string, string>; reason: string; says: RegExp }[] = [
    { name: 'no password', data: { password: '' }, reason: 'SecretUnusable', says: /lacks the key password/ },
    { name: 'a weak sslmode', data: { sslmode: 'prefer' }, reason: 'SecretUnusable', says: /"prefer".*verify-full/ },
    { name: 'a port that is none', data: { port: 'x' }, reason: 'SecretUnusable', says: /port/ },
    {
      name: 'a wrong password',
      data: { password: 'wrong' },
      reason: 'LoginRefused',
      says: /the server says: .*password/,
    },
    {
      name: 'a link-local address',
      data: { endpoint: '169.254.169.254' },
      reason: 'EndpointNotAllowed',
      says: /169\.254\.169\.254/,
    },
    {
      name: 'an authority that did not sign',
      data: { 'ca.crt': '' },
      reason: 'CertificateNotTrusted',
      says: /ca\.crt/,
    },
  ];
  for (const [index, { name, data, reason, says }] of wrong.entries()) {
    it(`is not reached with ${name}, and the owner reads why`, async () => {
      await rig.writeSecret(`wrong-${index}`, { ...connection, ...data });
      await rig.createRole(`wrong-${index}`, { connectionSecretRef: { namespace: 'team', name: `wrong-${index}` } });
      const message = await rig.untilReason('PostgresRole', `wrong-${index}`, reason);
      assert.match(message, says);
      assert.ok(!message.includes(connection.password ?? ''));
    });
  }

  it('is waited for, and found when its secret comes', async () => {
    await rig.createRole('early', { connectionSecretRef: { namespace: 'team', name: 'to-come' } });
    assert.match(await rig.untilReason('PostgresRole', 'early', 'SecretMissing'), /to-come/);
    await rig.writeSecret('to-come', connection);
    await rig.untilReady('PostgresRole', 'early');
  });

  it('tells nobody which other ports of a network are open', async () => {
    const listening: Server = createServer(socket => socket.destroy());
    await new Promise<void>(resolve => listening.listen(0, '127.0.0.1', resolve));
    const { port } = listening.address() as { port: number };
    await rig.writeSecret('open', { ...connection, endpoint: '127.0.0.1', port: String(port) });
    await rig.writeSecret('shut', { ...connection, endpoint: '127.0.0.1', port: '1' });
    for (const name of ['open', 'shut'])
      await rig.createRole(name, { connectionSecretRef: { namespace: 'team', name } });
    const [open, shut] = [
      await rig.untilReason('PostgresRole', 'open', 'ServerUnreachable'),
      await rig.untilReason('PostgresRole', 'shut', 'ServerUnreachable'),
    ];
    assert.equal(open, shut);
    await new Promise(resolve => listening.close(resolve));
  });

  it('is no port of the plane itself', async () => {
    const own = (address: string, port: number): boolean => address === '127.0.0.1' && port === 6443;
    for (const host of [
      '127.0.0.1',
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '0:0:0:0:0:FFFF:7F00:0001',
      '::ffff:127.0.0.1%lo',
      'fe80::1',
      'fe80::1%lo',
      '::ffff:a9fe:a9fe',
      'fd00:ec2::254',
      '100.100.100.200',
      '0.0.0.0',
      '::',
      '169.254.0.1',
      '255.255.255.255',
    ]) {
      assert.equal((await reach(host, 6443, own)).kind, 'refused', host);
    }
    assert.equal((await reach('127.0.0.1', 5432, own)).kind, 'allowed');
    assert.equal((await reach('192.0.2.1', 6443, own)).kind, 'allowed');
  });

  it('keeps an adopted role when its claim goes', async () => {
    await rig.asManager(session => session.rows('create role veteran login'));
    await rig.createRole('veteran', { adopt: true });
    await rig.untilReady('PostgresRole', 'veteran');
    await rig.asRole('veteran', session => session.rows('select 1'));
    await rig.client.delete(refOf('PostgresRole', 'veteran'));
    await rig.untilGone('PostgresRole', 'veteran');
    assert.deepEqual(await rig.rolesLike('veteran'), ['veteran']);
  });

  it('loses a user, whose objects go to the owner of the database', async () => {
    await rig.createRole('leaver', { grants: [{ database: 'theirs', privilege: 'readwrite' }] });
    await rig.untilReady('PostgresRole', 'leaver');
    await rig.asSuperuser(
      session =>
        session.rows(
          'create schema leaving authorization leaver; create table leaving.behind (); alter table leaving.behind owner to leaver',
        ),
      'theirs',
    );
    await rig.asSuperuser(session => session.rows('grant leaver to manager with inherit true'));
    await rig.client.delete(refOf('PostgresRole', 'leaver'));
    await rig.untilGone('PostgresRole', 'leaver');
    assert.deepEqual(await rig.rolesLike('leaver'), []);
    const [row] = await rig.asSuperuser(
      session =>
        session.rows<{ owner: string }>(
          "select pg_get_userbyid(relowner) as owner from pg_class where relname = 'behind'",
        ),
      'theirs',
    );
    assert.equal(row?.owner, 'manager');
  });

  it('loses a user whose secret went first, and says what stays', async () => {
    await rig.client.delete({ apiVersion: 'v1', kind: 'Secret', namespace: 'team', name: 'to-come' });
    await rig.client.delete(refOf('PostgresRole', 'early'));
    assert.match(await rig.untilEvent('PostgresRole', 'early', 'NotUndone'), /may still be there/);
    await rig.untilGone('PostgresRole', 'early');
  });
});
