/** Copies of a template are systems of their own. */
import assert from 'node:assert/strict';
import { chownSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { createDataDirectory, parseControlFile, withIdentity } from '@larder/postgres';
import { makeMachine, makeServer, scopeOfSuite, type Machine, type TestServer } from '../machine.ts';

describe('data directories from one template', () => {
  const scope = scopeOfSuite();
  let machine: Machine;
  let one: TestServer;
  let two: TestServer;
  const control = (server: TestServer): Buffer => readFileSync(join(server.data, 'global', 'pg_control'));
  before(async () => {
    machine = await makeMachine(scope, 'i');
    one = await makeServer(scope, machine, 'one');
    two = await makeServer(scope, machine, 'two');
  });

  it('have identities and nonces of their own', () => {
    assert.deepEqual(parseControlFile(control(one)), { systemIdentifier: one.made.systemIdentifier, layout: 1700 });
    assert.notEqual(one.made.systemIdentifier, two.made.systemIdentifier);
    assert.notDeepEqual(control(one).subarray(256, 288), control(two).subarray(256, 288));
  });

  it('are never written over', async () => {
    const again = createDataDirectory({
      ...machine,
      data: one.data,
      account: one.account,
      database: 'app',
      owner: 'app',
    });
    await assert.rejects(again, /exists already, and may hold data/);
  });

  it('start although another program has the id of their dead server', async () => {
    writeFileSync(join(two.data, 'postmaster.pid'), `${process.pid}\n${two.data}\n1\n${two.port}\n\n\n\nready\n`, {
      mode: 0o600,
    });
    if (two.account) chownSync(join(two.data, 'postmaster.pid'), two.uid, two.uid);
    const { readiness } = await two.start({ notAServer: process.pid });
    assert.equal(readiness, 'ready', readFileSync(join(two.folder, 'start.log'), 'utf8'));
  });

  it('are judged by their control file, and left alone in a layout that is not known', () => {
    const content = control(one);
    const broken = Buffer.from(content);
    broken[100] = broken[100]! ^ 1;
    assert.equal(parseControlFile(broken), 'damaged');
    assert.equal(parseControlFile(content.subarray(0, 8)), 'damaged');
    const future = Buffer.from(content);
    future.writeUInt32LE(9900, 8);
    assert.equal(parseControlFile(future), 'unknown');
    assert.equal(withIdentity(future, 1n, Buffer.alloc(32)), undefined);
  });
});
