/** What a claim may say and can't have: refused at the write where the schema knows, else told on the object, with field, value and remedy. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { services } from '@larder/catalog';
import { compileSchema, fieldErrorText } from '@larder/kube';
import { scopeOfSuite } from '../../postgres/test/machine.ts';
import { readTarget } from '../src/access/target.ts';
import { refuseDatabaseName } from '../src/databases/names.ts';
import { refuseName } from '../src/roles/names.ts';
import { makeRig, refOf, type Rig } from './rig.ts';

describe('a claim', () => {
  const schemaOf = (service: string): ReturnType<typeof compileSchema> =>
    compileSchema(services.find(({ name }) => name === service)!.definition.spec.versions[0]!.schema.openAPIV3Schema);
  const refusals = (service: string, parameters: object): string =>
    schemaOf(service)
      .validate({ metadata: { name: 'a' }, spec: { parameters } })
      .map(fieldErrorText)
      .join('\n');
  const user = { secretName: 'postgres1-connection', username: 'app' };
  const refused: { name: string; service?: string; parameters: object; says: RegExp }[] = [
    { name: 'without a secret', parameters: { username: 'app' }, says: /secretName: Required/ },
    { name: 'with a secret that is no name', parameters: { ...user, secretName: 'A B' }, says: /secretName.*"A B"/ },
    {
      name: 'with two names',
      parameters: { ...user, usernameprefix: 'x' },
      says: /either username.*or usernameprefix/,
    },
    {
      name: 'with an unknown privilege',
      parameters: { ...user, database: 'app', privilege: 'admin' },
      says: /privilege: .*"admin".*"owner", "readwrite", "readonly"/,
    },
    { name: 'with half a grant', parameters: { ...user, database: 'app' }, says: /write both, or neither/ },
    {
      name: 'with the same database twice',
      parameters: {
        ...user,
        grants: [
          { database: 'app', privilege: 'owner' },
          { database: 'app', privilege: 'readonly' },
        ],
      },
      says: /grants\[1\]: Duplicate/,
    },
    ...['pg_monitor', 'PG_x', 'larder', 'larder_readonly_5', 'postgres', 'public', 'template1'].map(username => ({
      name: `with the reserved name ${username}`,
      parameters: { ...user, username },
      says: /reserved.*choose another/,
    })),
    { name: 'with an empty name', parameters: { ...user, username: '' }, says: /username/ },
    { name: 'with 64 letters', parameters: { ...user, username: 'a'.repeat(64) }, says: /username.*63/ },
    ...['30s', '0m', '1h30m', 'daily', '-5m'].map(rotation => ({
      name: `with the rotation ${rotation}`,
      parameters: { ...user, rotation },
      says: /rotation.*(minute|720h)/s,
    })),
    ...[0, -1, 1.5].map(connectionLimit => ({
      name: `with the limit ${connectionLimit}`,
      parameters: { ...user, connectionLimit },
      says: /connectionLimit/,
    })),
    ...['postgres', 'template0', 'larder_new', 'pg_toast'].map(name => ({
      name: `for the reserved database ${name}`,
      service: 'database',
      parameters: { secretName: 'x', name },
      says: /reserved.*choose another/,
    })),
    {
      name: 'with a policy that is none',
      service: 'database',
      parameters: { secretName: 'x', name: 'orders', deletionPolicy: 'Keep' },
      says: /"Keep".*"Retain", "Delete"/,
    },
  ];
  for (const { name, service = 'user', parameters, says } of refused)
    it(`${name} is refused at the write`, () => assert.match(refusals(service, parameters), says));

  it('that is right is not', () => {
    const whole = { ...user, rotation: '1m', connectionLimit: 1, database: 'app', privilege: 'readonly' };
    assert.equal(refusals('user', whole), '');
  });
});

describe('a name', () => {
  const long = 'é'.repeat(31);
  const names: { spec: { name: string; rotationSeconds?: number }; says: RegExp }[] = [
    { spec: { name: `${long}ab` }, says: /64 bytes.*at most 63: choose a shorter name/ },
    { spec: { name: long, rotationSeconds: 60 }, says: /_b" has 64 bytes.*at most 63/ },
    { spec: { name: 'PG_signal' }, says: /PostgreSQL's own/ },
    { spec: { name: 'larder_x' }, says: /Larder's own/ },
    { spec: { name: 'none' }, says: /"none" is reserved; choose another/ },
    { spec: { name: 'a\0b' }, says: /"a\\u0000b" holds a NUL.*choose another/ },
    { spec: { name: 'owner' }, says: /login of the server's own connection secret/ },
    { spec: { name: 'turn', rotationSeconds: 60 }, says: /"turn_a" is the login/ },
  ];
  for (const { spec, says } of names)
    it(`as ${spec.name.slice(0, 12)} is refused`, () =>
      assert.match(refuseName(spec, ['owner', 'turn_a']) ?? '', says));

  it('of 63 bytes is not', () => assert.equal(refuseName({ name: `${long}a` }, []), undefined));

  it('of a database leaves room for its owner', () => {
    assert.match(refuseDatabaseName({ name: 'a'.repeat(58) }) ?? '', /_owner" has 64 bytes/);
    assert.equal(refuseDatabaseName({ name: 'a'.repeat(57) }), undefined);
    assert.equal(refuseDatabaseName({ name: 'a'.repeat(63), owner: 'app' }), undefined);
  });
});

describe('a connection secret', () => {
  const secret = { endpoint: 'db.example.org', username: 'app', password: 'x' };
  const problemOf = (content: Record<string, string>): string => {
    const data = Object.entries(content).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
    const target = readTarget({
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } },
      data: Object.fromEntries(data) as unknown,
    });
    return 'problem' in target ? target.problem : '';
  };
  const wrong: { content: Record<string, string>; says: RegExp }[] = [
    { content: {}, says: /lacks the key endpoint and username and password/ },
    { content: { ...secret, password: '' }, says: /lacks the key password/ },
    ...['99999', '0', '', '0x1538', '5432.0', '-1', 'x'].map(port => ({
      content: { ...secret, port },
      says: /has port ".*" *: .*1 to 65535/,
    })),
    ...['db.example.org\n', 'a b', '[::1]', 'db:5432', 'postgres://db', '/tmp', 'user@db', '-db'].map(endpoint => ({
      content: { ...secret, endpoint },
      says: /has endpoint ".*": write a host name .*port has a key of its own$/,
    })),
    { content: { ...secret, sslmode: 'verify-full\n' }, says: /sslmode "verify-full\\n"/ },
    { content: { ...secret, sslmode: 'allow' }, says: /"allow".*verify-full/ },
    { content: { ...secret, 'ca.crt': 'none' }, says: /ca\.crt that holds no certificate.*PEM/ },
  ];
  for (const { content, says } of wrong)
    it(`with ${Object.keys(content).at(-1) ?? 'nothing'} wrong is told`, () => assert.match(problemOf(content), says));
  it('with the least is enough', () => assert.equal(problemOf(secret), ''));
  for (const endpoint of ['::1', '10.0.0.1', 'fe80::1%eth0', 'my_db', 'a.b.example.', 'bücher.example', 'x'])
    it(`with the endpoint ${endpoint} is well`, () => assert.equal(problemOf({ ...secret, endpoint }), ''));
  it('with a line break after the port is well', () => assert.equal(problemOf({ ...secret, port: '5432\n' }), ''));
});

describe('a limit of connections', () => {
  const scope = scopeOfSuite();
  let rig: Rig;
  before(async () => {
    rig = await makeRig(scope, { lent: true });
    rig.start();
  });

  it('below what runs now is told, and holds for who comes', async () => {
    await rig.createRole('busy', { connectionLimit: 3 });
    await rig.untilReady('PostgresRole', 'busy');
    const database = { database: 'postgres' };
    await rig.asRole(
      'busy',
      () =>
        rig.asRole(
          'busy',
          async () => {
            await rig.client.patch(refOf('PostgresRole', 'busy'), {
              type: 'merge',
              body: { spec: { connectionLimit: 1 } },
            });
            const message = await rig.untilReason('PostgresRole', 'busy', 'MoreConnected');
            assert.match(message, /connectionLimit: 1 is less than the 2 connections that "busy" has now/);
            await assert.rejects(
              rig.asRole('busy', async () => undefined, database),
              { code: '53300' },
            );
          },
          database,
        ),
      database,
    );
    await rig.resyncFresh();
    const object = await rig.untilReady('PostgresRole', 'busy');
    assert.ok(object);
  });
});
