/** What is true of every engine: ways of delivery, credentials, and that nothing with data is ever let go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '@larder/kube';
import {
  claimObject,
  compose,
  composeRequest,
  credentials,
  engines,
  found,
  objectOf,
  onClaim,
  request,
  settled,
  wellKnown,
} from './requests.ts';

const cnpg = 'cloudnativepg' as const;

test('through Objects: the same objects, each in an Object named after it, with the provider configuration of choice', () => {
  const direct = composeRequest(settled({ engine: cnpg }));
  const carried = composeRequest(settled({ engine: cnpg, way: 'Object' }));
  for (const name of ['namespace', 'quota', 'network-policy', 'cluster']) {
    const object = carried.composed[name]?.resource as KubeObject;
    assert.deepEqual([object.kind, object.metadata.name], ['Object', `postgres1-abcde-${name}`]);
    assert.deepEqual((object.spec as { providerConfigRef: unknown }).providerConfigRef, { name: 'databases' });
    assert.deepEqual(objectOf(carried, name), objectOf(direct, name));
  }
  assert.deepEqual(carried.connectionDetails, direct.connectionDetails);
  assert.deepEqual(carried.status, direct.status);
});

test('through Objects credentials come as connection details: of the authority the certificate alone', () => {
  const carried = composeRequest(settled({ engine: cnpg, way: 'Object' }));
  const spec = carried.composed.cluster?.resource.spec as {
    connectionDetails: { fieldPath: string; toConnectionSecretKey: string }[];
  };
  assert.deepEqual(
    spec.connectionDetails.map(({ fieldPath, toConnectionSecretKey }) => [fieldPath, toConnectionSecretKey]),
    [
      ['data[username]', 'username'],
      ['data[password]', 'password'],
      ['data[ca.crt]', 'ca.crt'],
    ],
  );
  assert.deepEqual(Object.keys(carried.requirements), ['claim', 'claim-secret']);
});

test('what holds the data of a protected instance is marked, however it is delivered; nothing else is', () => {
  const mark = 'larder.dev/deletion-protection';
  const marked = (deletionProtection: boolean, way: 'Direct' | 'Object'): string[] => {
    const parameters = { ...wellKnown, deletionProtection };
    const { composed } = composeRequest(settled({ engine: cnpg, way, parameters }));
    const isMarked = ({ metadata }: Pick<KubeObject, 'metadata'>): boolean => metadata.annotations?.[mark] === 'true';
    return Object.entries(composed).flatMap(([name, { resource }]) => {
      const { manifest } =
        (resource.spec as { forProvider?: { manifest?: KubeObject } } | undefined)?.forProvider ?? {};
      return [
        ...(isMarked(resource as KubeObject) ? [name] : []),
        ...(manifest && isMarked(manifest) ? [`in ${name}`] : []),
      ];
    });
  };
  assert.deepEqual(marked(true, 'Direct').sort(), ['cluster', 'namespace']);
  assert.deepEqual(marked(true, 'Object').sort(), ['cluster', 'in cluster', 'in namespace', 'namespace']);
  assert.deepEqual([...marked(false, 'Direct'), ...marked(false, 'Object')], []);
});

test('through Objects the namespace goes last, and the network stays guarded until the servers are gone', () => {
  const parameters = { ...wellKnown, extensions: [{ name: 'hstore' }] };
  const carried = composeRequest(settled({ engine: cnpg, way: 'Object', parameters }));
  const usages = Object.entries(carried.composed).filter(([name]) => name.startsWith('usage-'));
  assert.deepEqual(
    usages.map(([, { resource }]) => {
      const { of, by } = resource.spec as Record<'of' | 'by', { resourceRef: { name: string } }>;
      return `${of.resourceRef.name} < ${by.resourceRef.name}`;
    }),
    [
      'postgres1-abcde-namespace < postgres1-abcde-cluster',
      'postgres1-abcde-network-policy < postgres1-abcde-cluster',
      'postgres1-abcde-cluster < postgres1-abcde-database',
    ],
  );
});

test('through Objects the order of deletion comes when the server is up, stays, and keeps no claim waiting', () => {
  const running = settled({ engine: cnpg, way: 'Object' });
  const { cluster } = running.composed;
  assert.ok(cluster);
  const starting = structuredClone(cluster);
  const status = starting.resource.status as { atProvider: { manifest: KubeObject } };
  delete status.atProvider.manifest.status;
  const usagesOf = (composed: typeof running.composed): [string, boolean][] =>
    Object.entries(composeRequest({ ...running, composed }).composed).flatMap(([name, { ready }]) =>
      name.startsWith('usage-') ? [[name, ready]] : [],
    );
  const without = Object.fromEntries(Object.entries(running.composed).filter(([name]) => !name.startsWith('usage-')));
  const usage = 'usage-namespace-by-cluster';
  const observed = { resource: { apiVersion: 'v1', kind: 'Usage', metadata: { name: 'u' } }, connectionDetails: {} };
  assert.deepEqual(usagesOf({ ...without, cluster: starting }), []);
  assert.deepEqual(usagesOf(without), [
    [usage, true],
    ['usage-network-policy-by-cluster', true],
  ]);
  assert.deepEqual(usagesOf({ ...without, cluster: starting, [usage]: observed }), [[usage, true]]);
});

test('for Crossplane 1.20 nothing is looked up, since it can not look up what has a namespace', () => {
  const response = composeRequest(settled({ engine: cnpg, way: 'Object', crossplane: 1 }));
  assert.deepEqual(response.requirements, {});
  assert.equal(response.composed.connection, undefined);
  assert.equal(response.connectionDetails?.password, credentials.password);
});

test('a claim that names a secret has just that one; one of ours goes', () => {
  const running = settled({ engine: cnpg });
  const claim = claimObject({ writeConnectionSecretToRef: { name: 'my-secret' } });
  const response = composeRequest({ ...running, required: { ...running.required, claim: [claim] } });
  assert.equal(response.composed.connection, undefined);
  assert.ok(response.connectionDetails);
});

test('a secret of that name that is not ours is left alone, and the claim says so', () => {
  const running = settled({ engine: cnpg });
  const { connection: _ours, ...composed } = running.composed;
  const there: KubeObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'postgres1-connection', namespace: 'my-app' },
  };
  const asked = { ...running, composed, required: { ...running.required, 'claim-secret': [there] } };
  const response = composeRequest(asked);
  assert.equal(response.composed.connection, undefined);
  assert.deepEqual(onClaim(response), ['Accepted=SecretNotOurs']);
  assert.ok(Object.values(response.composed).every(({ ready }) => !ready));
  assert.ok(response.composed.cluster, 'the server itself stays');
  const ownerReferences = [
    { apiVersion: 'syn.tools/v1', kind: 'X', name: 'x', uid: 'the-composite', controller: true },
  ];
  const ours = { ...there, metadata: { ...there.metadata, ownerReferences } };
  assert.ok(composeRequest({ ...asked, required: { ...asked.required, 'claim-secret': [ours] } }).composed.connection);
});

test('a secret of another namespace than asked for is not believed', () => {
  const running = settled({ engine: cnpg });
  const secrets = structuredClone(running.required['secret-postgres1-abcde-app']) ?? [];
  secrets[0]!.metadata.namespace = 'elsewhere';
  const required = { ...running.required, 'secret-postgres1-abcde-app': secrets };
  assert.equal(composeRequest({ ...running, required }).connectionDetails, undefined);
});

for (const engine of engines) {
  test(`${engine}: while credentials can not be read everything stays, the secret too`, () => {
    const running = settled({ engine });
    const response = composeRequest({ ...running, required: {} });
    assert.deepEqual(Object.keys(response.composed).sort(), Object.keys(running.composed).sort());
    assert.equal(response.connectionDetails, undefined);
  });

  test(`${engine}: what this release does not know stays as it is`, () => {
    const running = settled({ engine });
    const pooler = {
      apiVersion: 'postgresql.cnpg.io/v2',
      kind: 'Pooler',
      metadata: {
        name: 'p',
        namespace: 'n',
        uid: 'u',
        resourceVersion: '7',
        labels: { 'crossplane.io/composite': 'c', mine: 'x' },
      },
      spec: { instances: 2 },
      status: { ready: 2 },
    };
    const composed = { ...running.composed, pooler: { resource: pooler, connectionDetails: {} } };
    assert.deepEqual(composeRequest({ ...running, composed }).composed.pooler?.resource, {
      apiVersion: pooler.apiVersion,
      kind: 'Pooler',
      metadata: { name: 'p', namespace: 'n', labels: { mine: 'x' } },
      spec: { instances: 2 },
    });
  });

  test(`${engine}: a note of a newer release is read as far as it is known, and one that is none stops nothing`, () => {
    const running = settled({ engine });
    const usual = objectOf(composeRequest(running), 'cluster');
    for (const note of ['{"settings":{},"resources":{},"libraries":7,"more":[1]}', 'nonsense', '', '[]', 'null']) {
      const composed = structuredClone(running.composed);
      composed.cluster!.resource.metadata.annotations = { 'larder.dev/applied': note };
      const response = composeRequest({ ...running, composed });
      assert.equal(objectOf(response, 'cluster').kind, usual.kind, note);
    }
  });

  test(`${engine}: a database is in every answer once it is there, whatever else lacks`, () => {
    const running = settled({ engine });
    const { cluster } = running.composed;
    for (const parameters of [wellKnown, { ...wellKnown, instances: 2, updatePolicy: { version: '99' } }]) {
      const asked = { ...request({ engine, parameters }), composed: { cluster: cluster! } };
      assert.ok(composeRequest(asked).composed.cluster, JSON.stringify(parameters));
    }
  });
}

test('an Object whose content can not be read keeps what was last wanted', () => {
  const onOffer = [{ version: '17.9', image: 'registry.example/postgresql:17.9-standard-bookworm' }];
  const running = settled({ engine: cnpg, way: 'Object', onOffer });
  const composed = structuredClone(running.composed);
  for (const { resource } of Object.values(composed)) delete resource.status;
  const response = composeRequest({ ...running, composed, input: request({ engine: cnpg, way: 'Object' }).input });
  assert.match((objectOf(response, 'cluster').spec as { imageName: string }).imageName, /:17\.9-/);
  assert.ok(Object.keys(response.composed).length >= 4);
});

test('a Composition that can not be meant so fails the call and names the field', () => {
  const asked = request({ engine: cnpg });
  const withInput = (more: object) => () => composeRequest({ ...asked, input: { ...asked.input, ...more } });
  assert.throws(withInput({ delivery: { kind: 'Pigeon' } }), /input\.delivery\.kind: "Pigeon" is no delivery/);
  assert.throws(withInput({ images: [{ version: 17 }] }), /input\.images\[0\]\.version: "17" is no exact version/);
});

test('names are stable for ever: renaming one deletes a database', () => {
  const parameters = { ...wellKnown, extensions: [{ name: 'hstore' }] };
  const namesOf = (engine: (typeof engines)[number], way: 'Direct' | 'Object'): string[] =>
    Object.keys(composeRequest(settled({ engine, way, parameters })).composed).sort();
  const place = [
    ...['connection', 'namespace', 'network-policy', 'quota'],
    ...['agent-binding', 'agent-role', 'lent-server'],
  ];
  assert.deepEqual(namesOf('cloudnativepg', 'Direct'), ['cluster', 'database', ...place].sort());
  const usages = ['usage-cluster-by-database', 'usage-namespace-by-cluster', 'usage-network-policy-by-cluster'];
  assert.deepEqual(namesOf('cloudnativepg', 'Object'), ['cluster', 'database', ...usages, ...place].sort());
  const certificates = ['authority', 'certificate', 'issuer', 'root-issuer'];
  const stackgres = ['cluster', 'config', 'owner', 'owner-sql', 'profile', 'script'];
  assert.deepEqual(namesOf('stackgres', 'Direct'), [...certificates, ...stackgres, ...place].sort());
});

test('the same request gives the same answer, and is not changed', () => {
  for (const engine of engines) {
    const asked = settled({ engine });
    const before = structuredClone(asked);
    assert.deepEqual(composeRequest(asked), composeRequest(asked));
    assert.deepEqual(asked, before);
  }
  assert.deepEqual(
    Object.keys(compose({ engine: cnpg }).requirements).sort(),
    Object.keys(found({ engine: cnpg }))
      .filter(name => !name.endsWith('superuser'))
      .sort(),
  );
});
