/**
 * The agent before a real kube-apiserver, as its own service account with nothing but the rights of `crossplane/agent/rights.yaml` and the
 * Role that an instance's composition makes: they suffice, and each of them is used. Runs with LARDER_FULL=1 where the programs are installed.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { jsonLog } from '@larder/agent';
import { httpClient, loadConnection, type HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { hasKubeApiserver, startKubeApiserver, type KubeApiserver } from '../../../hack/kube-apiserver/start.ts';
import { scopeOfSuite } from '../../postgres/test/machine.ts';
import { HOME, INSTANCE, makeRig, roleRef, TEAM, type Rig } from './rig.ts';

const skip = notRun();
const ACCOUNT = 'larder-agent';
const RBAC = 'rbac.authorization.k8s.io/v1';

function notRun(): string | false {
  if (!hasKubeApiserver()) return 'not run: hack/tools/install.sh kube-apiserver etcd builds what it needs';
  return process.env.LARDER_FULL ? false : 'not run: LARDER_FULL=1 starts a kube-apiserver for it';
}

describe('on a real kube-apiserver', { skip }, () => {
  const scope = scopeOfSuite();
  let folder: string;
  let server: KubeApiserver;
  let admin: HttpClient;
  let own: HttpClient;
  let rig: Rig;
  const lines: string[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'larder-audit-'));
    const policy = join(folder, 'policy.yaml');
    const omit = 'omitStages: [RequestReceived]';
    await writeFile(policy, `apiVersion: audit.k8s.io/v1\nkind: Policy\n${omit}\nrules:\n  - level: Metadata\n`);
    server = await startKubeApiserver(false, [
      `--audit-policy-file=${policy}`,
      `--audit-log-path=${join(folder, 'audit.log')}`,
      '--audit-log-mode=blocking-strict',
      // Asks for the right to hold an owner back, as some clusters do.
      '--enable-admission-plugins=OwnerReferencesPermissionEnforcement',
    ]);
    admin = httpClient(await loadConnection(server.kubeconfig));
    for (const object of await rights()) await admin.create(object);
    rig = await makeRig(scope, admin);
    for (const object of composedRights()) await admin.create(object);
    for (const kind of ['PostgreSQLUser', 'PostgreSQLDatabase']) await admin.create(claimKind(kind));
    own = await asAgent();
  });
  after(async () => {
    own?.close();
    admin?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('does all its work with its own rights, and uses each of them', async () => {
    const log = jsonLog({ debug: true, stream: { write: line => void lines.push(line) } });
    const start = () => rig.start('first', { client: own, log });
    const first = await start();
    const claim = { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLUser', metadata: { name: 'clerk', namespace: TEAM } };
    await admin.create(claim);
    await rig.createRole('clerk', { spec: { rotationSeconds: 86_400 } });
    await admin.patch(roleRef('clerk'), {
      type: 'merge',
      body: { metadata: { labels: { 'crossplane.io/claim-name': 'clerk', 'crossplane.io/claim-namespace': TEAM } } },
    });
    await rig.untilReady('clerk');
    const [row] = await rig.asRole('clerk', session => session.rows<{ name: string }>('SELECT session_user AS name'));
    assert.equal(row?.name, 'clerk_a');
    await admin.patch(roleRef('clerk'), { type: 'merge', body: { spec: { rotationRequest: 'now' } } });
    await rig.until(roleRef('clerk'), object => (object?.status as { username?: string }).username === 'clerk_b');
    await createDatabase();
    await drift();
    await first.stop();
    await start();
    const copy = { apiVersion: 'v1', kind: 'Secret', namespace: HOME, name: 'clerk-server' };
    const database = { ...roleRef('ledger'), kind: 'PostgresDatabase' };
    await Promise.all([admin.delete(copy), admin.delete(roleRef('clerk')), admin.delete(database)]);
    for (const ref of [roleRef('clerk'), copy, database]) await rig.until(ref, object => object === undefined);
    const { used, refused } = await audited();
    assert.deepEqual(refused, []);
    assert.deepEqual([...used].sort(), (await granted()).sort());
  });

  it('is refused all else, other secrets of the instance and of tenants for two', async () => {
    const secret = { apiVersion: 'v1', kind: 'Secret' };
    await rig.writeSecret({ namespace: INSTANCE, name: 'postgres1-abcde-app' }, { password: 'x' });
    for (const [namespace, name] of [
      [INSTANCE, 'postgres1-abcde-app'],
      [TEAM, 'postgres1-connection'],
    ])
      await assert.rejects(own.get({ ...secret, namespace, name: name ?? '' }), { code: 403 });
    for (const namespace of [INSTANCE, TEAM, undefined])
      await assert.rejects(own.list(secret, { namespace }), { code: 403 });
    const { spec } = await admin.get({
      apiVersion: 'sql.larder.dev/v1alpha1',
      kind: 'LentServer',
      name: 'postgres1-abcde',
    });
    const forged = { apiVersion: 'sql.larder.dev/v1alpha1', kind: 'LentServer', metadata: { name: 'forged' }, spec };
    await assert.rejects(own.create(forged), { code: 403 });
  });

  it('writes lines of JSON, and no password', async () => {
    assert.ok(lines.length > 10);
    for (const line of lines) assert.doesNotThrow(() => JSON.parse(line) as unknown);
    const text = lines.join('');
    assert.match(text, /"controller":"postgres-role"/);
    assert.doesNotMatch(text, /password|SCRAM-SHA-256/);
  });

  async function createDatabase(): Promise<void> {
    const { spec } = await admin.get(roleRef('clerk'));
    const { connectionSecretRef } = spec as { connectionSecretRef: object };
    const claim = {
      apiVersion: 'syn.tools/v1',
      kind: 'PostgreSQLDatabase',
      metadata: { name: 'ledger', namespace: TEAM },
    };
    await admin.create(claim);
    const labels = { 'crossplane.io/claim-name': 'ledger', 'crossplane.io/claim-namespace': TEAM };
    await admin.create({
      ...{ apiVersion: 'sql.larder.dev/v1alpha1', kind: 'PostgresDatabase', metadata: { name: 'ledger', labels } },
      spec: { connectionSecretRef, name: 'ledger', extensions: [], adopt: false, deletionPolicy: 'Delete' },
    });
    const ref = { ...roleRef('ledger'), kind: 'PostgresDatabase' };
    await rig.until(ref, object => JSON.stringify(object?.status ?? {}).includes('"Available"'));
  }

  /** Twice the same by hand, so that the same event is said twice. */
  async function drift(): Promise<void> {
    for (const count of [1, 2]) {
      await rig.asSuperuser(session => session.rows('ALTER ROLE clerk CREATEDB'));
      await admin.patch(roleRef('clerk'), { type: 'merge', body: { metadata: { labels: { nudge: String(count) } } } });
      const signal = AbortSignal.timeout(60_000);
      for await (const { object } of admin.watch({ apiVersion: 'v1', kind: 'Event' }, { namespace: TEAM, signal })) {
        const event = object as KubeObject & { reason?: string; count?: number };
        if (event.reason === 'DriftPutRight' && (event.count ?? 0) >= count) break;
      }
      assert.ok(!signal.aborted, 'the claim was told of no drift');
    }
  }

  async function asAgent(): Promise<HttpClient> {
    const connection = await loadConnection(server.kubeconfig);
    const path = `/api/v1/namespaces/${HOME}/serviceaccounts/${ACCOUNT}/token`;
    const body = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} });
    const answer = await admin.transport.request({
      method: 'POST',
      path,
      body,
      headers: { 'content-type': 'application/json' },
    });
    const { token } = (JSON.parse(answer.body) as { status: { token: string } }).status;
    return httpClient({ server: connection.server, ca: connection.ca, token: () => token });
  }

  /** Verbs on resources that the agent's account asked for, but what everybody may ask. */
  async function audited(): Promise<{ used: Set<string>; refused: string[] }> {
    const used = new Set<string>();
    const refused: string[] = [];
    for (const line of (await readFile(join(folder, 'audit.log'), 'utf8')).split('\n')) {
      if (!line.includes(`system:serviceaccount:${HOME}:${ACCOUNT}`)) continue;
      const event = JSON.parse(line) as AuditEvent;
      const { verb, objectRef, responseStatus } = event;
      if (objectRef?.resource === undefined) continue;
      const { apiGroup = '', resource, subresource, namespace } = objectRef;
      const where = namespace === INSTANCE ? INSTANCE : isOwn(apiGroup, resource) ? HOME : 'everywhere';
      const word = `${where}: ${verb} ${apiGroup}/${resource}${subresource ? `/${subresource}` : ''}`;
      if (responseStatus?.code === 403) refused.push(word);
      else used.add(word);
    }
    // Nobody calls it: admission asks for it when an owner is to be held back.
    if (used.size > 0) used.add('everywhere: update sql.larder.dev/postgresroles/finalizers');
    return { used, refused };
  }

  function isOwn(group: string, resource: string): boolean {
    return (group === '' && resource === 'secrets') || group === 'coordination.k8s.io';
  }

  async function granted(): Promise<string[]> {
    const roles = [...(await rights()), ...composedRights()].filter(({ kind }) => kind.endsWith('Role'));
    return roles.flatMap(role =>
      (role as unknown as { rules: Rule[] }).rules.flatMap(({ apiGroups, resources, verbs }) =>
        resources.flatMap(resource =>
          verbs.map(verb => `${role.metadata.namespace ?? 'everywhere'}: ${verb} ${apiGroups[0]}/${resource}`),
        ),
      ),
    );
  }
});

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

interface AuditEvent {
  verb: string;
  objectRef?: { apiGroup?: string; resource?: string; subresource?: string; namespace?: string };
  responseStatus?: { code?: number };
}

async function rights(): Promise<KubeObject[]> {
  const file = new URL('../../../crossplane/agent/rights.yaml', import.meta.url);
  return parseAllDocuments(await readFile(file, 'utf8')).map(document => document.toJS() as KubeObject);
}

/** As the composition of an instance makes it. */
function composedRights(): KubeObject[] {
  const metadata = { name: 'larder-agent', namespace: INSTANCE };
  const rules = [
    { apiGroups: [''], resources: ['secrets'], verbs: ['get'], resourceNames: ['postgres1-abcde-superuser'] },
  ];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'larder-agent' };
  const subjects = [{ kind: 'ServiceAccount', name: ACCOUNT, namespace: HOME }];
  return [
    { apiVersion: RBAC, kind: 'Role', metadata, rules },
    { apiVersion: RBAC, kind: 'RoleBinding', metadata, roleRef, subjects },
  ];
}

/** The claims that events are about. */
function claimKind(kind: string): KubeObject {
  const singular = kind.toLowerCase();
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${singular}s.syn.tools` },
    spec: {
      group: 'syn.tools',
      scope: 'Namespaced',
      names: { kind, plural: `${singular}s`, singular, listKind: `${kind}List` },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
}
