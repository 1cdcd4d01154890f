/** What people do by hand to claims, composites and what those composed: nobody's data is lost, and the claim says what is the matter. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  isForbidden,
  isNotFound,
  type Client,
  type DeleteOptions,
  type KubeObject,
  type ObjectRef,
} from '@larder/kube';
import type { CustomResourceDefinition } from '@larder/catalog';
import type { Claim, Composer, Composite } from '../../src/index.ts';
import type { Secret } from '../../src/crossplane.ts';
import { box, boxes, composeBox, configMapKind, dataOf, secretKind, xboxKind } from '../boxes.ts';
import { allOf, edit, startApi, startBackend, startComposing, until, untilGone } from '../plane.ts';
import {
  claimRef,
  conditions,
  isWell,
  look,
  messageOf,
  ready,
  refTo,
  untilAnother,
  untilSaid,
  untilTold,
} from '../looking.ts';

let client: Client;
let composer: Composer;
const ends: (() => Promise<void> | void)[] = [];
const ending = { after: (end: () => Promise<void> | void) => void ends.unshift(end) };
const crateKind = { apiVersion: 'test.dev/v1', kind: 'Crate' };

/** A kind of the service's own, as servers are. */
const crates: CustomResourceDefinition = {
  ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
  metadata: { name: 'crates.test.dev' },
  spec: {
    group: 'test.dev',
    scope: 'Cluster',
    names: { kind: 'Crate', plural: 'crates', singular: 'crate', listKind: 'CrateList' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
};

before(async () => {
  const service = {
    ...boxes(request => {
      const response = composeBox(request);
      const { deletionProtection } = (request.composite.spec as { parameters: { deletionProtection?: boolean } })
        .parameters;
      if (deletionProtection === undefined) return response;
      return {
        ...response,
        composed: { ...response.composed, crate: { resource: { ...crateKind, metadata: {} }, ready: true } },
      };
    }),
    kinds: [crates],
  };
  client = await startApi(ending, service);
  startBackend(ending, client);
  composer = await startComposing(ending, client, service);
});

test.after(async () => {
  for (const end of ends) await end();
});

const xref = (composite: KubeObject): ObjectRef => ({ ...xboxKind, name: composite.metadata.name });
const secretRef = (name: string, namespace = 'default'): ObjectRef => ({ ...secretKind, namespace, name });
const isFree = (metadata: KubeObject['metadata']): boolean => metadata.ownerReferences === undefined;

test('a composite that is edited by hand is put back where its claim says something, and merged where not', async () => {
  const { composite } = await ready(client, 'edited', { metadata: { labels: { team: 'x' } } });
  await edit<Composite>(client, xref(composite), each => {
    each.spec = {
      ...each.spec,
      parameters: { size: 1, lid: 'open' },
      resourceRefs: [],
      compositionRef: { name: 'spare' },
    };
    each.metadata.labels = { mine: 'stays' };
    each.metadata.annotations = {};
    delete each.metadata.finalizers;
  });
  const label = 'crossplane.io/claim-name';
  const again = await until<Composite>(
    client,
    xref(composite),
    each => each.metadata.labels?.[label] === 'edited' && each.spec.resourceRefs?.length === 2 && isWell(each),
  );
  assert.deepEqual(again.spec.parameters, { size: 2, lid: 'closed' });
  assert.deepEqual(again.spec.compositionRef, { name: 'boxes' });
  assert.deepEqual([again.metadata.labels?.team, again.metadata.labels?.mine], ['x', 'stays']);
  await until(
    client,
    xref(composite),
    each => each.metadata.finalizers?.includes('composite.apiextensions.crossplane.io') === true,
  );
  assert.equal(again.metadata.uid, composite.metadata.uid);
  assert.equal((await allOf(client, configMapKind, `crossplane.io/composite=${composite.metadata.name}`)).length, 2);
});

test('a composite whose claimRef was changed by hand is not left alone in silence', async () => {
  const { composite } = await ready(client, 'unbound');
  const claimOf = async (name: string): Promise<void> =>
    void (await edit<Composite>(client, xref(composite), each => (each.spec.claimRef!.name = name)));
  await claimOf('nobody');
  const said = /bound to claim "default\/nobody"; it was, until somebody changed its spec.claimRef; put that back/;
  await untilSaid(client, claimRef('unbound'), 'Synced', said);
  await client.delete(claimRef('unbound'));
  await composer.idle();
  assert.equal((await client.get(xref(composite))).metadata.deletionTimestamp, undefined);
  await untilSaid(client, claimRef('unbound'), 'Synced', said);
  await claimOf('unbound');
  await untilGone(client, claimRef('unbound'));
  await untilGone(client, xref(composite));
});

test('a composite that is deleted by hand goes, its claim says so, and gets a new one', async () => {
  const { claim, composite, composed } = await ready(client, 'robbed');
  const held = refTo(composed[1]);
  await edit(client, held, object => (object.metadata.finalizers = ['test.dev/hold']));
  await client.delete(xref(composite));
  const told = await untilSaid(client, claimRef('robbed'), 'Ready', /was deleted by hand at .*waits for ConfigMap/);
  assert.match(messageOf(told, 'Ready'), /a new one is made, without its data; delete this claim if you want none/);
  assert.equal(conditions(told)[1], 'Ready False Waiting');
  await edit(client, held, object => delete object.metadata.finalizers);
  const fresh = await untilAnother(client, composite);
  assert.match(
    await untilTold(client, 'robbed', 'CompositeResourceLost'),
    /"robbed-.*is gone although this claim is there/,
  );
  const seen = await look(client, claimRef('robbed'));
  assert.equal(seen.composite.metadata.uid, fresh.metadata.uid);
  assert.equal(seen.claim.metadata.uid, claim.metadata.uid);
  for (const [n, object] of seen.composed.entries()) assert.notEqual(object.metadata.name, composed[n]?.metadata.name);
  const { data } = await client.get<Secret>(secretRef('robbed-connection'));
  const password = Buffer.from(data?.password ?? '', 'base64').toString();
  assert.equal(password, `of ${seen.composed[0]?.metadata.name}`, 'the secret is that of the new one');
});

test('deletionProtection holds the composite and what it composed, too, until it is lifted', async () => {
  const protectedSpec = { parameters: { size: 1, deletionProtection: true } };
  const { composite, composed } = await ready(client, 'kept', { spec: protectedSpec });
  const crate = composed.find(each => each.kind === 'Crate');
  const refused = (text: RegExp) => (error: Error) => isForbidden(error) && text.test(error.message);
  await assert.rejects(client.delete(claimRef('kept')), refused(/Box "kept" is protected/));
  await assert.rejects(
    client.delete(xref(composite)),
    refused(
      /XBox "kept-.*" is protected: set spec.parameters.deletionProtection to false on Box "default\/kept" first/,
    ),
  );
  await assert.rejects(
    client.delete(refTo(crate)),
    refused(/Crate ".*" belongs to XBox "kept-.*", which is protected/),
  );
  // At once: the composite hears of both together.
  await edit<Claim>(client, claimRef('kept'), each => (each.spec.parameters = { size: 1, deletionProtection: false }));
  await client.delete(claimRef('kept'));
  await untilGone(client, claimRef('kept'));
  await untilGone(client, xref(composite));
  await untilGone(client, refTo(crate));
});

test('a protected claim holds its namespace; without protection all of it goes', async () => {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } };
  await client.create(namespace);
  const inTeam = { metadata: { namespace: 'team' } };
  const { composite } = await ready(client, 'one', {
    ...inTeam,
    spec: { parameters: { size: 1, deletionProtection: true } },
  });
  const { composite: other } = await ready(client, 'two', inTeam);
  const ref = { apiVersion: 'v1', kind: 'Namespace', name: 'team' };
  await assert.rejects(client.delete(ref), /Box "one" is protected/);
  await composer.idle();
  await look(client, claimRef('one', 'team'));
  await look(client, claimRef('two', 'team'));
  const { composed } = await look(client, claimRef('two', 'team'));
  const held = refTo(composed[0]);
  await edit(client, held, object => (object.metadata.finalizers = ['test.dev/hold']));
  await edit<Claim>(client, claimRef('one', 'team'), each => (each.spec.parameters = { size: 1 }));
  await client.delete(ref);
  await untilSaid(client, claimRef('two', 'team'), 'Ready', /waits for ConfigMap .*held by finalizer test.dev\/hold/);
  await assert.rejects(client.create(box('late', inTeam)), /because it is being terminated/);
  await edit(client, held, object => delete object.metadata.finalizers);
  await untilGone(client, ref);
  await untilGone(client, xref(composite));
  await untilGone(client, xref(other));
});

test('a claim that wants its secret under no name for one says so, until it is renamed', async () => {
  await client.create(box('misnamed', { spec: { writeConnectionSecretToRef: { name: '../../x' } } }));
  const told = /spec.writeConnectionSecretToRef.name: "..\/..\/x" is no name for a secret/;
  await untilSaid(client, claimRef('misnamed'), 'Accepted', told);
  await edit<Claim>(client, claimRef('misnamed'), each => (each.spec.writeConnectionSecretToRef = { name: 'right' }));
  await until(client, secretRef('right'), secret => secret.data !== undefined);
});

test('a claim in a namespace that isn’t there is refused', async () => {
  await assert.rejects(client.create(box('a', { metadata: { namespace: 'nowhere' } })), error => isNotFound(error));
});

for (const policy of ['Foreground', 'Background'] as const) {
  test(`a claim that is made again at once has nothing of the first (${policy})`, async () => {
    const name = `again${policy.toLowerCase()}`;
    const spec = { compositeDeletePolicy: policy };
    const first = await ready(client, name, { spec });
    await client.delete(claimRef(name));
    await recreate(name, spec);
    const second = await look(client, claimRef(name));
    assert.notEqual(second.composite.metadata.uid, first.composite.metadata.uid);
    await untilGone(client, xref(first.composite));
    for (const object of first.composed) await untilGone(client, refTo(object));
    const secret = await client.get<Secret>(secretRef(`${name}-connection`));
    assert.equal(secret.metadata.ownerReferences?.[0]?.uid, second.claim.metadata.uid);
    const password = Buffer.from(secret.data?.password ?? '', 'base64').toString();
    assert.equal(password, `of ${second.composed[0]?.metadata.name}`);
  });
}

async function recreate(name: string, spec: Partial<Claim['spec']>): Promise<void> {
  for (;;) {
    await untilGone(client, claimRef(name));
    try {
      return void (await client.create(box(name, { spec })));
    } catch (error) {
      if (!/already exists/.test(String(error))) throw error;
    }
  }
}

test('a claim whose finalizer was taken off by force leaves a composite that its successor doesn’t get', async () => {
  const first = await ready(client, 'forced');
  await client.delete(claimRef('forced'), { propagationPolicy: 'Background' });
  await untilGone(client, xref(first.composite));
  await untilGone(client, claimRef('forced'));
  // As a backup of the composite that was brought back, or one that its claim was torn from.
  const left = { ...xboxKind, metadata: { ...first.composite.metadata, uid: undefined, resourceVersion: undefined } };
  const { deletionTimestamp: _never, finalizers: _none, managedFields: _fields, ...metadata } = left.metadata;
  await client.create({
    ...left,
    metadata,
    spec: { parameters: { size: 2 }, claimRef: first.composite.spec.claimRef },
  });
  await until(client, xref(first.composite), isWell);
  await client.create(box('forced'));
  const second = await look(client, claimRef('forced'));
  assert.notEqual(second.composite.metadata.name, first.composite.metadata.name);
  const told = await untilTold(client, 'forced', 'CompositeResourceLeftOver');
  assert.match(told, /of an earlier claim of this name is still there; .*spec.resourceRef.name "forced-/);
  await client.delete(claimRef('forced'));
  await untilGone(client, claimRef('forced'));
  assert.equal((await client.get(xref(first.composite))).metadata.deletionTimestamp, undefined);
  await client.delete(xref(first.composite));
});

test('finalizers of others hold composite and claim; both say whose, and what to do', async () => {
  const { composite, composed } = await ready(client, 'gripped', { metadata: { finalizers: ['other.dev/claim'] } });
  await edit(client, xref(composite), each => each.metadata.finalizers?.push('other.dev/composite'));
  await client.delete(claimRef('gripped'));
  const said = await untilSaid(client, claimRef('gripped'), 'Ready', /held by finalizer other.dev\/composite/);
  assert.match(
    messageOf(said, 'Ready'),
    /what XBox "gripped-.*" composed is gone.*kubectl patch xbox.test.dev gripped-/,
  );
  for (const object of composed) await untilGone(client, refTo(object));
  await edit(client, xref(composite), each => delete each.metadata.finalizers);
  const last = await untilSaid(client, claimRef('gripped'), 'Ready', /held by finalizer other.dev\/claim/);
  assert.match(messageOf(last, 'Ready'), /made for this claim is gone.*kubectl patch box.test.dev gripped -n default/);
  await edit(client, claimRef('gripped'), each => delete each.metadata.finalizers);
  await untilGone(client, claimRef('gripped'));
});

const cascades: DeleteOptions['propagationPolicy'][] = ['Background', 'Foreground', 'Orphan'];
for (const propagationPolicy of cascades) {
  const name = `c${propagationPolicy?.toLowerCase()}`;
  test(`a claim deleted with --cascade=${propagationPolicy} takes all with it that was made`, async () => {
    const { composite, composed } = await ready(client, `${name}1`);
    await client.delete(claimRef(`${name}1`), { propagationPolicy });
    await untilGone(client, claimRef(`${name}1`));
    await untilGone(client, xref(composite));
    for (const object of composed) await untilGone(client, refTo(object));
    if (propagationPolicy !== 'Orphan') return untilGone(client, secretRef(`${name}1-connection`));
    // Kubernetes' own part: what the claim owns stays, and is nobody's. A new claim doesn't take it.
    await until(client, secretRef(`${name}1-connection`), each => isFree(each.metadata));
    await client.create(box(`${name}1`));
    await untilSaid(client, claimRef(`${name}1`), 'Accepted', /is there already and nobody here made it/);
  });

  test(`a composite deleted with --cascade=${propagationPolicy}: its claim gets another`, async () => {
    const { composite, composed } = await ready(client, `${name}2`);
    await client.delete(xref(composite), { propagationPolicy });
    await untilAnother(client, composite);
    const after = await look(client, claimRef(`${name}2`));
    if (propagationPolicy === 'Orphan') {
      for (const object of composed)
        assert.ok(isFree((await client.get(refTo(object))).metadata), 'kept, as was asked');
      const told = await untilTold(client, `${name}2`, 'ComposedResourcesOrphaned');
      assert.match(told, /--cascade=orphan.* ConfigMap "larder-system\//);
    } else for (const object of composed) await untilGone(client, refTo(object));
    const names = after.composed.map(each => each.metadata.name);
    assert.ok(composed.every(each => !names.includes(each.metadata.name)));
  });
}

test('a status that is written by hand is what it was a moment later', async () => {
  const { claim, composite } = await ready(client, 'liar', { size: 1 });
  const lie = {
    conditions: [{ type: 'Ready', status: 'False', reason: 'Mine', lastTransitionTime: '2020-01-01T00:00:00Z' }],
    weight: 7,
  };
  for (const ref of [claimRef('liar'), xref(composite)]) {
    const there = await client.get(ref);
    await client.updateStatus({ ...there, status: lie }, { fieldManager: 'somebody' });
    await until(client, ref, each => isWell(each) && (each.status as { weight: number }).weight === 1);
  }
  const after = await look(client, claimRef('liar'));
  assert.equal(after.claim.metadata.uid, claim.metadata.uid);
  assert.equal(after.composite.metadata.uid, composite.metadata.uid);
});

test('a name that is taken is told on the claim, and the claim goes on when it is free', async () => {
  const { composed, claim } = await ready(client, 'grown', { size: 1 });
  // The name that the second object of "grown" will have is only known when it has been made once.
  await edit<Claim>(client, claimRef('grown'), each => (each.spec.parameters = { size: 2 }));
  const grown = await look(client, claimRef('grown'), each => isWell(each) && each.status?.weight === 2);
  await edit<Claim>(client, claimRef('grown'), each => (each.spec.parameters = { size: 1 }));
  await untilGone(client, refTo(grown.composed[1]));
  const { name, namespace } = grown.composed[1]!.metadata;
  await client.create({ ...configMapKind, metadata: { name, namespace }, data: { content: 'theirs' } });
  await edit<Claim>(client, claimRef('grown'), each => (each.spec.parameters = { size: 2 }));
  const said = await untilSaid(client, claimRef('grown'), 'Synced', /cannot compose resource "second": ConfigMap/);
  assert.match(messageOf(said, 'Synced'), /isn't controlled by this composite; delete or rename it if it isn't needed/);
  assert.equal(dataOf(await client.get(refTo(grown.composed[1]))).content, 'theirs');
  assert.equal((await client.get(refTo(composed[0]))).metadata.uid, composed[0]?.metadata.uid);
  await client.delete(refTo(grown.composed[1]));
  const after = await look(client, claimRef('grown'), each => isWell(each) && each.status?.weight === 2);
  assert.equal(after.claim.metadata.uid, claim.metadata.uid);
});
