/** Whose connection secret leads to a superuser's rights, and what the agent may read for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CompositionResponse, LentServer } from '@larder/catalog';
import type { KubeObject } from '@larder/kube';
import { planSuperuser } from '../../src/postgresql/engines/cloudnativepg/superuser.ts';
import type { CnpgCluster } from '../../src/postgresql/engines/cloudnativepg/cluster-kinds.ts';
import { changed, claimObject, composeRequest, engines, namespace, objectOf, settled, wellKnown } from './requests.ts';

const lending = ['lent-server', 'agent-role', 'agent-binding'];

const secrets = {
  cloudnativepg: { name: 'postgres1-abcde-superuser', usernameKey: 'username', passwordKey: 'password' },
  stackgres: { name: 'postgres1-abcde', usernameKey: 'superuser-username', passwordKey: 'superuser-password' },
} as Record<string, object>;

for (const engine of engines) {
  test(`${engine}: the record names the secret by its uid, and endpoint and authority are the plane's`, () => {
    const { spec, metadata } = objectOf(composeRequest(settled({ engine })), 'lent-server') as LentServer;
    assert.equal(metadata.name, 'postgres1-abcde');
    assert.deepEqual(spec.connectionSecret, { namespace: 'my-app', uid: 'the-secret' });
    assert.match(spec.host, /^postgres1-abcde(-rw)?\.sv-postgresql-postgres1-abcde\.svc$/);
    assert.equal(spec.ca, '-----BEGIN CERTIFICATE-----');
    assert.deepEqual(spec.loginSecretRef, { namespace, ...secrets[engine] });
    assert.equal(spec.superuserAccess, false);
    assert.ok(['app', 'postgres'].every(name => spec.reserved.includes(name)));
  });

  test(`${engine}: the agent may read that one Secret, and nobody's else`, () => {
    const response = composeRequest(settled({ engine }));
    const role = objectOf(response, 'agent-role') as KubeObject & { rules: object[] };
    const { name } = secrets[engine] as { name: string };
    assert.equal(role.metadata.namespace, namespace);
    assert.deepEqual(role.rules, [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'], resourceNames: [name] }]);
    const { subjects, metadata } = objectOf(response, 'agent-binding') as KubeObject & { subjects: object[] };
    assert.equal(metadata.namespace, namespace);
    assert.deepEqual(subjects, [{ kind: 'ServiceAccount', name: 'larder-agent', namespace: 'larder-agent' }]);
  });
}

test('nothing is lent before the secret is there, and nothing of the password is in what is composed', () => {
  const running = settled({ engine: 'cloudnativepg' });
  const before = Object.entries(running.composed).filter(([name]) => ![...lending, 'connection'].includes(name));
  assert.deepEqual(lent(composeRequest({ ...running, composed: Object.fromEntries(before) })), []);
  const response = composeRequest(running);
  assert.deepEqual(lent(response), lending);
  for (const name of lending) assert.doesNotMatch(JSON.stringify(response.composed[name]), /root|p@ss/);
});

test('what is there as soon as it is made holds up no claim whose server is up', () => {
  const running = settled({ engine: 'cloudnativepg' });
  const before = Object.entries(running.composed).filter(([name]) => ![...lending, 'connection'].includes(name));
  const secretOnly = composeRequest({ ...running, composed: Object.fromEntries(before) });
  const lendingToo = composeRequest({
    ...running,
    composed: Object.fromEntries(Object.entries(running.composed).filter(([name]) => !lending.includes(name))),
  });
  const unready = [secretOnly, lendingToo].map(({ composed }) =>
    Object.keys(composed).filter(name => !composed[name]!.ready),
  );
  assert.deepEqual(unready, [[], []]);
});

test('through Objects the record and the right go where the servers are', () => {
  const { composed } = composeRequest(settled({ engine: 'cloudnativepg', way: 'Object' }));
  assert.deepEqual(
    lending.map(name => composed[name]?.resource.kind),
    ['Object', 'Object', 'Object'],
  );
});

test('a secret that the claim names counts when Crossplane made it for this very claim', () => {
  const claim = claimObject({ writeConnectionSecretToRef: { name: 'my-secret' } });
  claim.metadata.uid = 'the-claim';
  const ownedBy = (uid: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...{ name: 'my-secret', namespace: 'my-app', uid: 'named' },
      ownerReferences: [
        { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLInstance', name: 'postgres1', uid, controller: true },
      ],
    },
  });
  const running = settled({ engine: 'cloudnativepg' });
  const before = Object.entries(running.composed).filter(([name]) => ![...lending, 'connection'].includes(name));
  const composed = Object.fromEntries(before);
  const withNamed = (named: KubeObject[]): CompositionResponse =>
    composeRequest({ ...running, composed, required: { ...running.required, claim: [claim], 'named-secret': named } });
  const response = withNamed([ownedBy('the-claim')]);
  assert.deepEqual(response.requirements['named-secret'], {
    ...{ apiVersion: 'v1', kind: 'Secret', namespace: 'my-app', matchName: 'my-secret' },
  });
  assert.equal((objectOf(response, 'lent-server') as LentServer).spec.connectionSecret.uid, 'named');
  assert.deepEqual(lent(withNamed([ownedBy('another')])), []);
  assert.deepEqual(lent(withNamed([])), []);
});

test('a superuser’s password that the owner knew is made anew when access is taken back', () => {
  const running = settled({ engine: 'cloudnativepg', parameters: { ...wellKnown, access: { superuser: true } } });
  const cluster = objectOf(composeRequest(running), 'cluster') as CnpgCluster;
  const status = (superuserSecretVersion: string): Record<string, unknown> => ({
    secretsResourceVersion: { superuserSecretVersion },
  });
  const off = objectOf(composeRequest(changed(running, wellKnown)), 'cluster') as CnpgCluster;
  assert.deepEqual([cluster.spec.enableSuperuserAccess, off.spec.enableSuperuserAccess], [true, false]);
  const plans = [
    [cluster, '7', { access: false, given: true }],
    [cluster, '', { access: false, given: true }],
    [off, '7', { access: false, given: true }],
    [off, '', { access: true, given: false }],
  ] as const;
  for (const [seen, version, plan] of plans)
    assert.deepEqual(planSuperuser(false, { ...seen, status: status(version) }), plan);
  assert.deepEqual(planSuperuser(false, undefined), { access: true, given: false });
});

function lent({ composed }: CompositionResponse): string[] {
  return lending.filter(name => name in composed);
}
