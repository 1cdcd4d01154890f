import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Composition } from '@larder/catalog';
import type { Client, Condition, KubeObject, ObjectRef } from '@larder/kube';
import type { Claim, Composite, Composer } from '../src/index.ts';
import type { Secret } from '../src/crossplane.ts';
import {
  box,
  boxes,
  boxKind,
  composeBox,
  configMapKind,
  dataOf,
  definition,
  isReady,
  map,
  nothing,
  said,
  secretKind,
  xboxKind,
} from './boxes.ts';
import { allOf, edit, startApi, startBackend, startComposing, until, untilGone } from './plane.ts';

let client: Client;
let composer: Composer;
/** What each claim's composition does, by the claim's name. */
const behaviours = new Map<string, Composition>();
const ends: (() => Promise<void> | void)[] = [];
const ending = { after: (end: () => Promise<void> | void) => void ends.unshift(end) };

before(async () => {
  client = await startApi(ending);
  startBackend(ending, client);
  const compose: Composition = request => {
    const claim = request.composite.metadata.labels?.['crossplane.io/claim-name'] ?? '';
    return (behaviours.get(claim) ?? composeBox)(request);
  };
  composer = await startComposing(ending, client, boxes(compose));
  await until(
    client,
    { apiVersion: definition.apiVersion, kind: definition.kind, name: definition.metadata.name },
    xrd => conditions(xrd).some(each => each.startsWith('Offered True')),
  );
});

test.after(async () => {
  for (const end of ends) await end();
});

function conditions(object: KubeObject): string[] {
  const list = (object.status as { conditions?: Condition[] } | undefined)?.conditions ?? [];
  return list.map(({ type, status, reason }) => `${type} ${status} ${reason}`);
}

function messageOf(object: KubeObject, type: string): string {
  const list = (object.status as { conditions?: Condition[] } | undefined)?.conditions ?? [];
  return list.find(each => each.type === type)?.message ?? '';
}

const well = ['Synced True ReconcileSuccess', 'Ready True Available'];
const isWell = (claim: KubeObject): boolean => conditions(claim).join() === well.join();
const claimRef = (name: string): ObjectRef => ({ ...boxKind, namespace: 'default', name });
const secretRef = (name: string): ObjectRef => ({ ...secretKind, namespace: 'default', name });
const secretOf = (name: string): Promise<Secret> => until<Secret>(client, secretRef(name), () => true);

/** A claim that is well, with its composite and what that composed. */
async function ready(name: string, more: Parameters<typeof box>[1] = {}) {
  await client.create(box(name, more));
  return look(name, isWell);
}

async function look(name: string, is: (claim: Claim) => boolean) {
  const claim = await until<Claim>(client, claimRef(name), is);
  const composite = await until<Composite>(
    client,
    { ...xboxKind, name: claim.spec.resourceRef?.name ?? '' },
    () => true,
  );
  const refs = composite.spec.resourceRefs ?? [];
  // Recorded before they are made: they may be still to come.
  const composed = await Promise.all(refs.map(ref => until(client, ref, () => true)));
  return { claim, composite, composed };
}

test('a definition is established and offered, and its CRDs are its own', async () => {
  const xrd = await client.get({
    apiVersion: definition.apiVersion,
    kind: definition.kind,
    name: definition.metadata.name,
  });
  assert.deepEqual(conditions(xrd), [
    'Established True WatchingCompositeResource',
    'Offered True WatchingCompositeResourceClaim',
  ]);
  assert.deepEqual((xrd.status as { controllers: unknown }).controllers, {
    compositeResourceType: xboxKind,
    compositeResourceClaimType: boxKind,
  });
  const crd = await client.get({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    name: 'boxes.test.dev',
  });
  assert.equal(crd.metadata.ownerReferences?.[0]?.uid, xrd.metadata.uid);
});

test('a claim gets its composite, its composed objects and its secret', async () => {
  const { claim, composite, composed } = await ready('plain', { metadata: { labels: { team: 'x' } } });
  assert.match(composite.metadata.name, /^plain-[a-z0-9]{5}$/);
  assert.deepEqual(composite.metadata.labels, {
    team: 'x',
    'crossplane.io/composite': composite.metadata.name,
    'crossplane.io/claim-name': 'plain',
    'crossplane.io/claim-namespace': 'default',
  });
  assert.deepEqual(claim.spec.resourceRef, { ...xboxKind, name: composite.metadata.name });
  assert.deepEqual(composite.spec.claimRef, { ...boxKind, namespace: 'default', name: 'plain' });
  assert.deepEqual(composite.spec.parameters, { size: 2, lid: 'closed' });
  assert.deepEqual(composite.spec.compositionRef, { name: 'boxes' });
  assert.deepEqual(claim.spec.compositionRef, { name: 'boxes' });
  assert.deepEqual(claim.metadata.finalizers, ['finalizer.apiextensions.crossplane.io']);
  assert.equal(claim.status?.weight, 2);
  assert.deepEqual(
    composed.map(each => each.metadata.annotations?.['crossplane.io/composition-resource-name']),
    ['first', 'second'],
  );
  assert.deepEqual(
    composed.map(each => each.metadata.ownerReferences?.[0]?.uid),
    [composite.metadata.uid, composite.metadata.uid],
  );
  const secret = await secretOf('plain-connection');
  assert.equal(secret.type, 'connection.crossplane.io/v1alpha1');
  assert.equal(secret.metadata.ownerReferences?.[0]?.uid, claim.metadata.uid);
  assert.deepEqual(Object.keys(secret.data ?? {}).sort(), ['endpoint', 'password']);
  assert.equal(Buffer.from(secret.data?.endpoint ?? '', 'base64').toString(), 'box.test');
  assert.ok(claim.status?.connectionDetails?.lastPublishedTime);
});

test('details that change several times within a second all reach the claim', async () => {
  const { composed } = await ready('turning');
  const [first] = composed;
  for (const password of ['one', 'two', 'three', 'four', 'five']) {
    await edit(client, { ...configMapKind, ...first!.metadata }, object => (object.data = { password }));
    const told = Buffer.from(password).toString('base64');
    await until<Secret>(client, secretRef('turning-connection'), secret => secret.data?.password === told);
  }
});

test('who has nothing to do writes nothing', async () => {
  await ready('quiet');
  await composer.idle();
  const before = (await client.list(configMapKind)).metadata.resourceVersion;
  await edit(client, claimRef('quiet'), claim => (claim.metadata.annotations = { note: 'wake up' }));
  await until(client, claimRef('quiet'), claim => claim.metadata.annotations?.note === 'wake up');
  const { composite } = await look('quiet', isWell);
  await until(
    client,
    { ...xboxKind, name: composite.metadata.name },
    each => each.metadata.annotations?.note === 'wake up',
  );
  await composer.idle();
  const after = (await client.list(configMapKind)).metadata.resourceVersion;
  assert.equal(Number(after) - Number(before), 2, 'the edit, and the composite that follows it');
});

test('a claim’s change reaches its composite and what that composes', async () => {
  await ready('grows', { size: 1 });
  await edit<Claim>(client, claimRef('grows'), claim => (claim.spec.parameters = { size: 2 }));
  const { composed } = await look('grows', claim => isWell(claim) && claim.status?.weight === 2);
  assert.equal(composed.length, 2);
});

test('what is no longer wanted is deleted, and forgotten when it is gone', async () => {
  const { composed } = await ready('shrinks');
  await edit<Claim>(client, claimRef('shrinks'), claim => (claim.spec.parameters = { size: 1 }));
  await untilGone(client, refTo(composed[1]));
  const { claim } = await look('shrinks', each => each.status?.weight === 1);
  const name = claim.spec.resourceRef?.name ?? '';
  await until<Composite>(client, { ...xboxKind, name }, composite => composite.spec.resourceRefs?.length === 1);
});

test('composed objects that are changed, stripped or deleted by hand are put back', async () => {
  const { composed, composite } = await ready('meddled');
  const ref = refTo(composed[0]);
  await edit(client, ref, object => {
    object.data = { ...dataOf(object), content: 'mine now' };
  });
  await until(client, ref, object => dataOf(object).content === 'first' && dataOf(object).password !== undefined);
  await edit(client, ref, object => {
    delete object.metadata.annotations;
    delete object.metadata.ownerReferences;
    object.metadata.labels = { ready: 'yes' };
  });
  await until(client, ref, object => object.metadata.ownerReferences?.[0]?.uid === composite.metadata.uid);
  await client.delete(ref);
  await until(client, ref, object => object.metadata.uid !== composed[0]?.metadata.uid);
  assert.equal((await allOf(client, configMapKind, `crossplane.io/composite=${composite.metadata.name}`)).length, 2);
});

test('a connection secret that is deleted or changed by hand is put back', async () => {
  const { composite } = await ready('secretive');
  const { metadata, data } = await secretOf('secretive-connection');
  await client.delete(secretRef('secretive-connection'));
  const again = await until<Secret>(
    client,
    secretRef('secretive-connection'),
    each => each.metadata.uid !== metadata.uid,
  );
  assert.deepEqual(again.data, data);
  await edit<Secret>(client, secretRef('secretive-connection'), secret => {
    secret.data = { password: '', more: '' };
  });
  await until<Secret>(
    client,
    secretRef('secretive-connection'),
    each => each.data?.password === data?.password && !each.data?.more,
  );
  const own = { ...secretKind, ...composite.spec.writeConnectionSecretToRef, name: composite.metadata.uid ?? '' };
  const { uid } = (await client.get(own)).metadata;
  await client.delete(own);
  await until(client, own, each => each.metadata.uid !== uid);
});

test('a secret that somebody else made is left alone; the claim says so and goes on when the name is free', async () => {
  await client.create<Secret>({
    ...secretKind,
    metadata: { name: 'taken', namespace: 'default' },
    data: { mine: 'eA==' },
  });
  await client.create(box('denied', { spec: { writeConnectionSecretToRef: { name: 'taken' } } }));
  const { claim } = await look('denied', each => conditions(each)[2] === 'Accepted False SecretNotOurs');
  assert.deepEqual(conditions(claim).slice(0, 2), ['Synced True ReconcileSuccess', 'Ready False Waiting']);
  assert.match(
    messageOf(claim, 'Accepted'),
    /spec.writeConnectionSecretToRef.name: secret "taken" .*kubectl delete secret taken -n default/,
  );
  assert.deepEqual((await secretOf('taken')).data, { mine: 'eA==' });
  const xref = { ...xboxKind, name: claim.spec.resourceRef?.name ?? '' };
  const saysSo = (each: Composite): boolean => conditions(each).includes('Accepted False SecretNotOurs');
  assert.equal(messageOf(await until(client, xref, saysSo), 'Accepted'), messageOf(claim, 'Accepted'));
  await client.delete(secretRef('taken'));
  const { claim: free } = await look('denied', isWell);
  await until<Composite>(client, xref, each => !saysSo(each));
  assert.equal((await secretOf('taken')).metadata.ownerReferences?.[0]?.uid, free.metadata.uid);
});

test('of two claims that want the same secret the second is told whose it is, and gets it when the first is gone', async () => {
  const spec = { writeConnectionSecretToRef: { name: 'shared' } };
  await ready('winner', { spec });
  await client.create(box('loser', { spec }));
  const { claim } = await look('loser', each => conditions(each)[2] === 'Accepted False SecretNotOurs');
  assert.match(messageOf(claim, 'Accepted'), /it belongs to Box "winner"/);
  await client.delete(claimRef('winner'));
  await look('loser', isWell);
});

test('a claim that names another secret has only that one', async () => {
  await ready('renamed');
  await edit<Claim>(client, claimRef('renamed'), claim => (claim.spec.writeConnectionSecretToRef = { name: 'other' }));
  await untilGone(client, secretRef('renamed-connection'));
  await look('renamed', isWell);
  assert.ok(await secretOf('other'));
});

test('until the composition has the details whole there is no secret', async () => {
  behaviours.set('partial', request => {
    const response = composeBox(request);
    return { ...response, connectionDetails: undefined };
  });
  await client.create(box('partial'));
  const { composite } = await look(
    'partial',
    claim => messageOf(claim, 'Ready') === 'Claim is waiting for its connection details',
  );
  assert.deepEqual(conditions(composite), well);
  await composer.idle();
  assert.equal(await client.find(secretRef('partial-connection')), undefined);
});

test('a composition that throws is a fault of ours: it is said, and nothing is touched', async () => {
  const { composed } = await ready('thrown');
  behaviours.set('thrown', () => {
    throw new Error('divided by zero');
  });
  await edit<Claim>(client, claimRef('thrown'), claim => (claim.spec.parameters = { size: 1 }));
  const { claim } = await look('thrown', each => conditions(each).length > 2 || each.status?.weight === 2);
  const name = claim.spec.resourceRef?.name ?? '';
  const composite = await until(
    client,
    { ...xboxKind, name },
    each => conditions(each)[0] === 'Synced False ReconcileError',
  );
  assert.equal(messageOf(composite, 'Synced'), 'cannot compose with "boxes": divided by zero');
  assert.equal(conditions(composite)[1], 'Ready True Available');
  assert.equal((await client.get(refTo(composed[1]))).metadata.uid, composed[1]?.metadata.uid);
  behaviours.delete('thrown');
  await look('thrown', each => isWell(each) && each.status?.weight === 1);
});

test('conditions and events for the claim are on it as long as the composition says them', async () => {
  let low = true;
  behaviours.set('spoken', request => ({
    ...composeBox(request),
    conditions: [
      said({
        type: 'Accepted',
        target: low ? 'CompositeAndClaim' : 'Composite',
        status: low ? 'False' : 'True',
        message: 'low',
      }),
      said({ type: 'Inner' }),
    ],
    events: [{ type: 'Warning', reason: 'RunsLow', message: 'fill it', target: 'CompositeAndClaim' }],
  }));
  await client.create(box('spoken'));
  const { composite } = await look(
    'spoken',
    each => conditions(each).join() === [...well, 'Accepted False Fine'].join(),
  );
  assert.deepEqual(conditions(composite), [...well, 'Accepted False Fine', 'Inner True Fine']);
  low = false;
  await edit<Claim>(client, claimRef('spoken'), claim => (claim.spec.parameters = { size: 1 }));
  const after = await look('spoken', isWell);
  assert.deepEqual(conditions(after.composite), [...well, 'Accepted True Fine', 'Inner True Fine']);
  const events = await allOf(client, { apiVersion: 'v1', kind: 'Event' });
  const told = events.filter(each => each.reason === 'RunsLow').map(each => (each.involvedObject as ObjectRef).kind);
  assert.deepEqual(told.sort(), ['Box', 'XBox']);
});

test('what a composition requires is given to it, and a change of that calls it again', async () => {
  const ware = (name: string, text: string): KubeObject => ({
    ...configMapKind,
    metadata: { name, namespace: 'default', labels: { ware: 'yes' } },
    data: { text },
  });
  behaviours.set('needy', request => {
    const text = (request.required.wares ?? []).map(each => dataOf(each).text).join();
    const exact = dataOf(request.required.exact?.[0]).text ?? 'none';
    return {
      ...composeBox(request),
      status: { ware: `${text};${exact}` },
      requirements: {
        wares: { ...configMapKind, matchLabels: { ware: 'yes' } },
        // Asked for only when the first was answered: a second round.
        ...(request.required.wares && { exact: { ...configMapKind, namespace: 'default', matchName: 'exact' } }),
      },
    };
  });
  await client.create(ware('one', 'a'));
  await client.create(box('needy'));
  await look('needy', claim => claim.status?.ware === 'a;none');
  await client.create(ware('two', 'b'));
  await look('needy', claim => claim.status?.ware === 'a,b;none');
  await client.create({ ...ware('exact', 'c'), metadata: { name: 'exact', namespace: 'default' } });
  await look('needy', claim => claim.status?.ware === 'a,b;c');
  await edit(client, { ...configMapKind, namespace: 'default', name: 'one' }, object => delete object.metadata.labels);
  await look('needy', claim => claim.status?.ware === 'b;c');
});

test('a composition whose requirements never settle is stopped', async () => {
  let calls = 0;
  behaviours.set('greedy', () => ({
    ...nothing,
    requirements: { [`need-${calls++}`]: { ...configMapKind, matchName: 'x' } },
  }));
  await client.create(box('greedy'));
  const { composite } = await look(
    'greedy',
    claim => claim.spec.resourceRef !== undefined && claim.status !== undefined,
  );
  const told = await until(
    client,
    { ...xboxKind, name: composite.metadata.name },
    each => conditions(each)[0]?.startsWith('Synced False') === true,
  );
  assert.match(messageOf(told, 'Synced'), /still change after 5 rounds/);
  behaviours.set('greedy', () => nothing);
});

test('deletion goes backwards, one after the other; what is stuck is said on the claim with what to do', async () => {
  const { composed, composite } = await ready('stuck');
  const [first, second] = composed.map(refTo);
  await edit(client, second as ObjectRef, object => (object.metadata.finalizers = ['test.dev/hold']));
  await client.delete(claimRef('stuck'));
  const { claim } = await look('stuck', each => messageOf(each, 'Ready').startsWith('waits for ConfigMap'));
  assert.equal(conditions(claim)[1], 'Ready False Deleting');
  const name = composed[1]?.metadata.name ?? '';
  const message = messageOf(claim, 'Ready');
  assert.match(
    message,
    new RegExp(
      `^waits for ConfigMap "larder-system/${name}" to go, asked for at [-0-9T:]+Z: held by finalizer test.dev/hold`,
    ),
  );
  assert.match(message, new RegExp(`kubectl describe configmap ${name} -n larder-system$`));
  assert.equal(
    (await client.get(first as ObjectRef)).metadata.deletionTimestamp,
    undefined,
    'the first waits for the second',
  );
  await edit(client, second as ObjectRef, object => delete object.metadata.finalizers);
  await untilGone(client, claimRef('stuck'));
  assert.equal(await client.find({ ...xboxKind, name: composite.metadata.name }), undefined);
  assert.equal(await client.find(first as ObjectRef), undefined);
  await untilGone(client, secretRef('stuck-connection'));
});

test('with the policy Background the claim goes at once, and the rest follows', async () => {
  const { composed, composite } = await ready('hasty', { spec: { compositeDeletePolicy: 'Background' } });
  const ref = refTo(composed[1]);
  await edit(client, ref, object => (object.metadata.finalizers = ['test.dev/hold']));
  await client.delete(claimRef('hasty'));
  await untilGone(client, claimRef('hasty'));
  assert.ok(await client.find({ ...xboxKind, name: composite.metadata.name }));
  await edit(client, ref, object => delete object.metadata.finalizers);
  await untilGone(client, { ...xboxKind, name: composite.metadata.name });
});

test('a claim that is replaced as a whole finds its composite again', async () => {
  const { composite } = await ready('replaced');
  await edit<Claim>(client, claimRef('replaced'), claim => {
    claim.spec = { parameters: { size: 2 } };
    delete claim.status;
  });
  await until<Claim>(client, claimRef('replaced'), claim => claim.spec.resourceRef?.name === composite.metadata.name);
  const all = await allOf(client, xboxKind, 'crossplane.io/claim-name=replaced');
  assert.equal(all.length, 1);
});

test('a claim can’t take the composite of another', async () => {
  const { composite } = await ready('owner');
  await client.create(box('thief', { spec: { resourceRef: { ...xboxKind, name: composite.metadata.name } } }));
  const claim = await until(client, claimRef('thief'), each => conditions(each)[0] === 'Synced False ReconcileError');
  assert.match(messageOf(claim, 'Synced'), /not bound to this claim: bound to claim "default\/owner"/);
  await client.delete(claimRef('thief'));
  await untilGone(client, claimRef('thief'));
  assert.equal(
    (await client.get({ ...xboxKind, name: composite.metadata.name })).metadata.deletionTimestamp,
    undefined,
  );
});

test('an object that is there already is never taken over', async () => {
  const named = { ...map('ours'), metadata: { name: 'precious', namespace: 'default' } };
  await client.create({ ...configMapKind, metadata: named.metadata, data: { content: 'theirs' } });
  behaviours.set('grabby', ({ composed }) => ({
    ...nothing,
    composed: { only: { resource: named, ready: isReady(composed.only?.resource) } },
  }));
  await client.create(box('grabby'));
  const { composite } = await look('grabby', claim => claim.status !== undefined);
  const told = await until(
    client,
    { ...xboxKind, name: composite.metadata.name },
    each => conditions(each)[0]?.startsWith('Synced False') === true,
  );
  assert.match(messageOf(told, 'Synced'), /ConfigMap "default\/precious" is there already/);
  assert.equal(dataOf(await client.get({ ...configMapKind, ...named.metadata })).content, 'theirs');
  await client.delete(claimRef('grabby'));
  await untilGone(client, claimRef('grabby'));
  assert.equal(dataOf(await client.get({ ...configMapKind, ...named.metadata })).content, 'theirs');
});

test('a selector chooses the composition, and one that matches nothing says what is on offer', async () => {
  const select = (kind: string) => ({ spec: { compositionSelector: { matchLabels: { kind } } } });
  const { claim } = await ready('picky', select('spare'));
  assert.deepEqual(claim.spec.compositionRef, { name: 'spare' });
  await client.create(box('lost', select('nowhere')));
  const { composite } = await look('lost', each => each.status !== undefined);
  const told = await until(
    client,
    { ...xboxKind, name: composite.metadata.name },
    each => conditions(each)[0]?.startsWith('Synced False') === true,
  );
  assert.match(messageOf(told, 'Synced'), /"kind=nowhere"; on offer: "boxes", "spare"/);
});

test('a composite without a claim is composed, too', async () => {
  await client.create({ ...xboxKind, metadata: { name: 'alone' }, spec: { parameters: { size: 1 } } });
  const composite = await until(client, { ...xboxKind, name: 'alone' }, isWell);
  assert.equal(composite.metadata.labels?.['crossplane.io/composite'], 'alone');
  await client.delete({ ...xboxKind, name: 'alone' });
  await untilGone(client, { ...xboxKind, name: 'alone' });
});

function refTo(object: KubeObject | undefined): ObjectRef {
  assert.ok(object);
  const { apiVersion, kind, metadata } = object;
  return { apiVersion, kind, name: metadata.name, namespace: metadata.namespace };
}
