/** A server from nothing to a login, and what may go wrong on the way. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import {
  connect,
  findImpostor,
  isAlive,
  observeProcess,
  observeServer,
  quoteIdentifier,
  quoteLiteral,
  scramVerifier,
  stopServer,
  withSession,
} from '@larder/postgres';
import { makeMachine, makeServer, scopeOfSuite, type Machine, type TestServer } from '../machine.ts';

describe('a server', () => {
  let machine: Machine;
  let server: TestServer;
  const scope = scopeOfSuite();
  before(async () => {
    machine = await makeMachine(scope);
    server = await makeServer(scope, machine);
  });

  it('starts in a session of its own, is who it should be, and takes a verifier as password', async () => {
    const { process: started, readiness } = await server.start();
    assert.equal(readiness, 'ready', readFileSync(join(server.folder, 'start.log'), 'utf8'));
    const session = await connect(server.socket, server.login);
    const identity = { systemIdentifier: server.made.systemIdentifier, incarnation: server.incarnation };
    assert.equal(await findImpostor(session, identity), undefined);
    assert.match(
      (await findImpostor(session, { ...identity, systemIdentifier: '1' })) ?? '',
      /has the system identifier/,
    );
    assert.match((await findImpostor(session, { ...identity, incarnation: 'x' })) ?? '', /another configuration/);
    await session.rows(`ALTER ROLE ${quoteIdentifier('app')} PASSWORD ${quoteLiteral(await scramVerifier('sesame'))}`);
    await session.close();
    const facts = observeProcess(started.pid)!;
    assert.equal(facts.uid, server.uid);
    assert.equal(
      Number(execFileSync('ps', ['-o', 'sid=', '-p', String(started.pid)], { encoding: 'utf8' })),
      started.pid,
    );
  });

  it('lets the owner in over verified TLS, to its database and to postgres', async () => {
    for (const database of ['app', 'postgres']) {
      const found = await withSession(server.tls, { user: 'app', password: 'sesame', database }, session =>
        session.rows<{ ssl: boolean; who: string; super: boolean; path: string }>(
          `SELECT ssl, current_user AS who, rolsuper AS super, current_setting('search_path') AS path
             FROM pg_stat_ssl, pg_roles WHERE pid = pg_backend_pid() AND rolname = current_user`,
        ),
      );
      assert.deepEqual(found, [{ ssl: true, who: 'app', super: false, path: 'pg_catalog,pg_temp' }]);
    }
  });

  it('has what cannot be changed later', async () => {
    const names = ['data_checksums', 'server_encoding', 'lc_collate', 'TimeZone', 'wal_level', 'archive_mode'];
    const more = ['shared_preload_libraries', 'password_encryption', 'ssl', 'max_wal_senders', 'logging_collector'];
    const found = await withSession(server.socket, { ...server.login, database: 'app' }, session =>
      session.rows<{ collation: string; values: string[]; encoding: string }>(
        `SELECT datcollate AS collation, pg_encoding_to_char(encoding) AS encoding,
                (SELECT array_agg(current_setting(n, true) ORDER BY o) FROM unnest($1::text[]) WITH ORDINALITY AS u (n, o)) AS values
           FROM pg_database WHERE datname = 'app'`,
        [[...names, ...more]],
      ),
    );
    assert.equal(found[0]?.collation, 'C');
    assert.equal(found[0]?.encoding, 'UTF8');
    const values = found[0]?.values.filter((_, index) => index !== 2);
    const expected = ['on', 'UTF8', 'UTC', 'logical', 'on', 'pg_stat_statements', 'scram-sha-256', 'on', '10', 'on'];
    assert.deepEqual(values, expected);
    assert.equal(statSync(server.data).mode & 0o777, 0o700);
  });

  it('refuses what is not SCRAM over TLS, and the plane’s role over the network', async () => {
    const { ca: _, ...plain } = server.tls as { ca: string; host: string; port: number };
    const refused = async (endpoint: object, user: string, password: string): Promise<string> =>
      withSession(endpoint as never, { user, password, database: 'app' }, async () => 'was let in').catch(
        (error: Error) => error.message,
      );
    assert.match(await refused(server.tls, 'larder', server.made.password), /pg_hba.conf rejects/);
    assert.match(await refused(server.tls, 'app', 'wrong'), /password authentication failed/);
    assert.match(await refused(server.socket, 'app', 'sesame'), /pg_hba.conf rejects/);
    assert.match(await refused({ ...server.tls, host: '127.0.0.1' }, 'app', 'sesame'), /does not match certificate/);
    assert.match(await refused({ ...plain, ca: '' }, 'app', 'sesame'), /self-signed|unable to (verify|get)/);
  });

  it('is recognised as running, and stops politely', async () => {
    const state = await observeServer({ data: server.data, uid: server.uid });
    assert.equal(state.kind, 'running');
    assert.ok(state.kind === 'running' && state.executable === join(machine.binaries.bin, 'postgres'));
    assert.equal(await stopServer(state.process, server.account), 'fast');
    assert.equal(isAlive(state.process), false);
    assert.deepEqual(await observeServer({ data: server.data, uid: server.uid }), { kind: 'stopped' });
  });
});
