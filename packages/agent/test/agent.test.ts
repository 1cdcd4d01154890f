/** Agents on an API with a real server: one works, the other waits; whose secret is whose; nothing is let go too early. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { LeaseLostError } from '@larder/agent';
import { SERVER_SECRET } from '@larder/catalog';
import type { Client } from '@larder/kube';
import { startApi } from '../../composer/test/plane.ts';
import { scopeOfSuite } from '../../postgres/test/machine.ts';
import { HOME, INSTANCE, makeRig, notesOf, roleRef, TEAM, type Rig } from './rig.ts';

describe('the agent', () => {
  const scope = scopeOfSuite();
  let rig: Rig;

  before(async () => {
    rig = await makeRig(scope, await startApi({ after: undo => scope.defer(undo as () => unknown) }));
    await rig.start('first');
  });

  it("makes a login with the superuser's rights, where the very secret is recorded as an instance's own", async () => {
    await rig.createRole('clerk');
    await rig.untilReady('clerk');
    const [row] = await rig.asRole('clerk', session => session.rows<{ name: string }>('SELECT current_user AS name'));
    assert.equal(row?.name, 'clerk');
  });

  const strangers: [string, string, (notes: Record<string, string>) => Record<string, string>][] = [
    ['otheruid', 'another uid', notes => ({ ...notes, [SERVER_SECRET.uidAnnotation]: 'another' })],
    ['otherplace', 'another namespace', notes => ({ ...notes, [SERVER_SECRET.namespaceAnnotation]: INSTANCE })],
    ['nonotes', 'no notes', () => ({})],
  ];
  for (const [name, words, change] of strangers) {
    it(`lends nothing to a copy with ${words}: the login of the secret must do, and says what it may not`, async () => {
      await rig.createRole(name, { notes: change(await notesOf(rig.client, 'postgres1-connection')) });
      assert.match(await rig.untilReason(name, 'StatementFailed'), /permission denied to create role/);
    });
  }

  it('lends nothing to a Secret that has the notes, but lies where tenants write', async () => {
    const notes = await notesOf(rig.client, 'postgres1-connection');
    const forged = { namespace: TEAM, name: 'forged' };
    const { data } = await rig.client.get({
      apiVersion: 'v1',
      kind: 'Secret',
      namespace: TEAM,
      name: 'postgres1-connection',
    });
    const metadata = { ...forged, annotations: notes };
    await rig.client.create({ apiVersion: 'v1', kind: 'Secret', metadata, data });
    await rig.createRole('forger', { spec: { connectionSecretRef: forged } });
    assert.match(await rig.untilReason('forger', 'StatementFailed'), /permission denied to create role/);
  });

  it('waits for the record of a secret that the plane has just written', async () => {
    const notes = { [SERVER_SECRET.uidAnnotation]: 'not yet', [SERVER_SECRET.namespaceAnnotation]: TEAM };
    await rig.createRole('early', { notes: { ...notes, [SERVER_SECRET.expectedAnnotation]: 'true' } });
    assert.match(await rig.untilReason('early', 'SecretMissing'), /until it is recorded whose connection secret/);
    const record = { apiVersion: 'sql.larder.dev/v1alpha1', kind: 'LentServer', name: 'postgres1-abcde' };
    const { spec } = await rig.client.get(record);
    const metadata = { name: 'postgres2-abcde' };
    const connectionSecret = { namespace: TEAM, uid: 'not yet' };
    await rig.client.create({ ...record, metadata, spec: { ...(spec as object), connectionSecret } });
    await rig.untilReady('early');
  });

  it('says what lacks by the name that the owner of the claim knows', async () => {
    const notes = await notesOf(rig.client, 'postgres1-connection');
    const labels = { [SERVER_SECRET.usedByLabel]: 'PostgresRole.poor' };
    await rig.writeSecret(
      { namespace: HOME, name: 'poor-server' },
      { endpoint: 'localhost' },
      { annotations: notes, labels },
    );
    const { spec } = await rig.client.get(roleRef('clerk'));
    const connectionSecretRef = { namespace: HOME, name: 'poor-server' };
    await rig.client.create({
      ...{ apiVersion: 'sql.larder.dev/v1alpha1', kind: 'PostgresRole', metadata: { name: 'poor' } },
      spec: {
        ...(spec as object),
        name: 'poor',
        connectionSecretRef,
        writeConnectionSecretToRef: { namespace: HOME, name: 'poor-login' },
      },
    });
    assert.match(await rig.untilReason('poor', 'SecretUnusable'), /^the secret "postgres1-connection" lacks/);
  });

  it('keeps the copy of a connection secret until the role has gone from the server, then lets go of it', async () => {
    await rig.createRole('leaver');
    await rig.untilReady('leaver');
    const copy = { apiVersion: 'v1', kind: 'Secret', namespace: HOME, name: 'leaver-server' };
    // All at once, as the end of a composite does it.
    await Promise.all([rig.client.delete(copy), rig.client.delete(roleRef('leaver'))]);
    for (const ref of [roleRef('leaver'), copy]) await rig.until(ref, object => object === undefined);
    const left = await rig.asSuperuser(session =>
      session.rows("SELECT FROM pg_catalog.pg_roles WHERE rolname = 'leaver'"),
    );
    assert.equal(left.length, 0);
  });

  it('a copy of a role that was never made goes at once', async () => {
    const labels = { [SERVER_SECRET.usedByLabel]: 'PostgresRole.never' };
    const copy = { namespace: HOME, name: 'never-server' };
    await rig.writeSecret(copy, { endpoint: 'x' }, { labels, finalizers: [SERVER_SECRET.finalizer] });
    const ref = { apiVersion: 'v1', kind: 'Secret', ...copy };
    await rig.client.delete(ref);
    await rig.until(ref, object => object === undefined);
  });
});

describe('two replicas', () => {
  const scope = scopeOfSuite();

  it('one works; when it is stopped the other takes over at once, and both tell how they are', async () => {
    const rig = await makeRig(scope, await startApi({ after: undo => scope.defer(undo as () => unknown) }));
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: HOME, name: 'larder-agent' };
    const holder = (name: string) =>
      rig.until(lease, object => (object?.spec as { holderIdentity?: string })?.holderIdentity === name);
    const first = await rig.start('first');
    await holder('first');
    const second = await rig.start('second');
    await rig.createRole('one');
    await rig.untilReady('one');
    const ask = async (port: number, path: string): Promise<string> =>
      (await fetch(`http://127.0.0.1:${port}/${path}`)).text();
    assert.match(await ask(first.healthPort, 'metrics'), /^larder_agent_leading 1$/m);
    assert.match(
      await ask(first.healthPort, 'metrics'),
      /reconciles_total\{controller="postgres-role",outcome="done"\} [1-9]/,
    );
    assert.match(await ask(second.healthPort, 'metrics'), /^larder_agent_leading 0$/m);
    assert.deepEqual(
      [await ask(second.healthPort, 'readyz'), await ask(second.healthPort, 'healthz')],
      ['ok\n', 'ok\n'],
    );
    await first.stop();
    await holder('second');
    await rig.createRole('two');
    await rig.untilReady('two');
    await second.stop();
    await holder('');
  });

  it('one that is cut off from the API ends, and the other goes on with its work', async () => {
    const rig = await makeRig(scope, await startApi({ after: undo => scope.defer(undo as () => unknown) }));
    let isCut = false;
    const hanging = (): Promise<never> => new Promise(() => undefined);
    const client = new Proxy(rig.client, {
      get: (target, name: keyof Client) =>
        isCut && name !== 'watch' ? hanging : (target[name] as () => unknown).bind(target),
    });
    const lost = await rig.start('lost', { client });
    await rig.createRole('before');
    await rig.untilReady('before');
    isCut = true;
    await rig.start('heir');
    await rig.createRole('after');
    await rig.untilReady('after');
    await assert.rejects(lost.ended, LeaseLostError);
  });
});
