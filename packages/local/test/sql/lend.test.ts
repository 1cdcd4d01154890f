/** The plane's rights go to who holds the very secret that it wrote for that instance, and to nobody else. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { LOCAL_API_VERSION, localKinds, services, type PostgresServer } from '@larder/catalog';
import { connectionSecretType, crdsOfDefinition, label, secretUidAnnotation } from '@larder/composer';
import { isConditionTrue, waitFor } from '@larder/controller';
import type { Client, Condition, KubeObject } from '@larder/kube';
import type { Lender } from '@larder/sql';
import { openHome } from '@larder/local';
import { startApi } from '../../../composer/test/plane.ts';
import { scopeOfSuite } from '../../../postgres/test/machine.ts';
import { placeOf } from '../../src/servers/index.ts';
import { writeRecord } from '../../src/servers/record.ts';
import { lenderOf, ownPorts } from '../../src/sql/lend.ts';
import { serverObject } from '../servers/rig.ts';

const SERVER = 'postgres1-abcde';

describe('the rights of the plane', () => {
  const scope = scopeOfSuite();
  let client: Client;
  let lender: Lender;
  let written: KubeObject;

  const secret = (namespace: string, name: string, metadata: object = {}, type = 'Opaque'): Promise<KubeObject> =>
    client.create<KubeObject>({
      apiVersion: 'v1',
      kind: 'Secret',
      type,
      metadata: { namespace, name, ...metadata },
      data: { endpoint: 'bG9jYWxob3N0', username: 'YXBw', password: 'eA==' },
    });

  before(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'larder-lend-'));
    scope.defer(() => rmSync(folder, { recursive: true, force: true }));
    const home = openHome(folder);
    client = await startApi({ after: undo => scope.defer(undo as () => unknown) });
    await serve(client);
    for (const name of ['team', 'others'])
      await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    written = await secret('team', 'postgres1-connection');
    await client.create(composite(written.metadata.uid ?? ''));
    const server = await client.create<PostgresServer>(serverObject(SERVER));
    const place = placeOf(home, SERVER);
    mkdirSync(place.folder, { recursive: true });
    const account = null;
    await writeRecord(place, {
      objectUid: server.metadata.uid ?? '',
      account,
      port: 15_432,
      incarnation: 'x',
      planePassword: 'p',
    });
    lender = lenderOf(client, home);
  });

  it('go with the secret that the plane wrote, to the endpoint that it recorded', async () => {
    const lent = await lender.find(written);
    assert.ok(lent !== undefined && lent !== 'soon');
    assert.ok('socketFolder' in lent.endpoint && lent.endpoint.port === 15_432);
    assert.deepEqual([lent.login.user, lent.database, lent.superuserAccess], ['larder', 'app', false]);
    assert.ok(['larder', 'postgres', 'app'].every(role => lent.reserved.includes(role)));
  });

  it('do not go with a copy, whatever it says of itself', async () => {
    const { labels, annotations, ownerReferences } = written.metadata;
    const forged = { labels: { ...labels, [label.claimName]: 'postgres1' }, annotations, ownerReferences };
    assert.equal(await lender.find(await secret('team', 'copy', forged)), undefined);
    assert.equal(await lender.find(await secret('others', 'postgres1-connection', forged)), undefined);
    assert.equal(await lender.find({ ...written, metadata: { ...written.metadata, namespace: 'others' } }), undefined);
    assert.equal(await lender.find({ ...written, metadata: { ...written.metadata, uid: undefined } }), undefined);
  });

  it('do not go with a secret that took the place of the one that was written', async () => {
    await client.delete({ apiVersion: 'v1', kind: 'Secret', namespace: 'team', name: 'postgres1-connection' });
    assert.equal(await lender.find(await secret('team', 'postgres1-connection')), undefined);
  });

  it('come soon to a secret that was just written for a claim, and to no other of that name', async () => {
    const spec = {
      resourceRef: { apiVersion: 'syn.tools/v1', kind: 'XPostgreSQLInstance', name: SERVER },
      writeConnectionSecretToRef: { name: 'mine' },
      parameters: { resources: { storageSize: '1Gi' }, updatePolicy: { version: '17' } },
    };
    const type = { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLInstance' };
    const metadata = { namespace: 'team', name: 'postgres1' };
    const claim = await client.create<KubeObject>({ ...type, metadata, spec });
    const owner = { ...type, name: 'postgres1', uid: claim.metadata.uid ?? '', controller: true };
    const mine = await secret('team', 'mine', { ownerReferences: [owner] }, connectionSecretType);
    assert.equal(await lender.find(mine), 'soon');
    const other = await secret('team', 'other', { ownerReferences: [owner] }, connectionSecretType);
    assert.equal(await lender.find(other), undefined);
    const foreign = [{ ...owner, uid: 'somebody' }];
    const forged = { ...mine, metadata: { ...mine.metadata, ownerReferences: foreign } };
    assert.equal(await lender.find(forged), undefined);
  });

  it('keep the plane from its own ports', () => {
    const isOwn = ownPorts(() => [6443]);
    assert.deepEqual(
      [isOwn('127.0.0.1', 6443), isOwn('::1', 6443), isOwn('127.0.0.1', 5432), isOwn('192.0.2.1', 6443)],
      [true, true, false, false],
    );
  });
});

function composite(secretUid: string): KubeObject {
  return {
    apiVersion: 'syn.tools/v1',
    kind: 'XPostgreSQLInstance',
    metadata: {
      name: SERVER,
      labels: { [label.claimNamespace]: 'team', [label.claimName]: 'postgres1' },
      annotations: { [secretUidAnnotation]: secretUid },
    },
    spec: {
      claimRef: { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLInstance', namespace: 'team', name: 'postgres1' },
      resourceRefs: [{ apiVersion: LOCAL_API_VERSION, kind: 'PostgresServer', name: SERVER }],
      parameters: { resources: { storageSize: '1Gi' }, updatePolicy: { version: '17' } },
    },
  };
}

async function serve(client: Client): Promise<void> {
  const { definition } = services[0]!;
  const crds = crdsOfDefinition({ ...definition, metadata: { ...definition.metadata, uid: 'definition' } });
  for (const kind of [...localKinds, ...(Object.values(crds).filter(Boolean) as KubeObject[])]) {
    // Nobody owns them here, and what belongs to nobody that is there is collected.
    await client.create({ ...kind, metadata: { name: kind.metadata.name } });
    const established = (object?: KubeObject): boolean =>
      isConditionTrue((object?.status as { conditions?: Condition[] } | undefined)?.conditions ?? [], 'Established');
    await waitFor(
      client,
      { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name: kind.metadata.name },
      established,
      { timeoutMs: 120_000 },
    );
  }
}
