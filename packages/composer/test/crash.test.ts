/**
 * Every place at which the composer can be killed: a client counts its writes over the whole life of a claim, from the
 * first installation to the claim's end. After the n-th, for every n, the composer is dead and another one takes over.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { reflect } from '@larder/controller';
import type { Client, Condition, KubeObject } from '@larder/kube';
import type { Claim, Composite } from '../src/index.ts';
import type { Secret } from '../src/crossplane.ts';
import { Accident, compose, type Fate } from './accident.ts';
import { box, boxKind, configMapKind, definition, secretKind, xboxKind } from './boxes.ts';
import { allOf, startApi, startBackend, until, untilGone } from './plane.ts';

const definitionRef = { apiVersion: definition.apiVersion, kind: definition.kind, name: definition.metadata.name };
const claimRef = { ...boxKind, namespace: 'default', name: 'a' };
/** More than a whole life takes; a test says when it isn't. */
const MOST_WRITES = 80;
/** Writes of `installServices`, which fails as a whole when one fails: its caller starts it again. */
const INSTALLATION = 6;

test('a composer that is killed after any write leaves nothing half, nothing twice', async t => {
  const whole = await liveWith(MOST_WRITES, 'killed');
  assert.ok(whole < MOST_WRITES, `a life takes ${whole} writes`);
  assert.ok(whole > 15, `a life takes ${whole} writes`);
  for (let n = 1; n <= whole; n++) {
    await t.test(`killed after write ${n} of ${whole}`, async () => void (await liveWith(n, 'killed')));
  }
});

test('a composer that doesn’t hear the answer to a write goes on by itself', async t => {
  const whole = await liveWith(MOST_WRITES, 'killed');
  for (let n = INSTALLATION + 1; n <= whole; n++) {
    await t.test(`no answer to write ${n} of ${whole}`, async () => void (await liveWith(n, 'unanswered')));
  }
});

/** A claim's whole life with one accident after the n-th write of the composer. Returns how many writes were made. */
async function liveWith(n: number, fate: Fate): Promise<number> {
  const ends: (() => Promise<void> | void)[] = [];
  const ending = { after: (end: () => Promise<void> | void) => void ends.unshift(end) };
  try {
    return await live(ending, n, fate);
  } finally {
    for (const end of ends) await end();
  }
}

async function live(t: Pick<TestContext, 'after'>, n: number, fate: Fate): Promise<number> {
  const client = await startApi(t);
  startBackend(t, client);
  const made = watchMade(t, client);
  const accident = new Accident(client, n, fate);
  compose(t, accident.client, accident.died);
  if (fate === 'killed') void accident.happened.then(() => compose(t, client));
  await until(
    client,
    { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name: 'boxes.test.dev' },
    established,
  );
  await until(
    client,
    definitionRef,
    xrd => conditions(xrd).length === 2 && conditions(xrd).every(each => each.status === 'True'),
  );
  await made.watching;
  await client.create(box('a'));
  await checkWell(client);
  const [composite] = await allOf<Composite>(client, xboxKind);
  await client.delete(claimRef);
  await untilGone(client, claimRef);
  await untilGone(client, { ...xboxKind, name: composite?.metadata.name ?? '' });
  for (const { name } of composite?.spec.resourceRefs ?? []) {
    await untilGone(client, { ...configMapKind, namespace: 'larder-system', name });
  }
  await untilGone(client, { ...secretKind, namespace: 'default', name: 'a-connection' });
  assert.equal(made.composites.size, 1, 'one composite in all its life');
  assert.equal(made.composed.size, 2, 'one of each composed object in all its life');
  return accident.writes;
}

async function checkWell(client: Client): Promise<void> {
  const claim = await until<Claim>(client, claimRef, each => conditions(each)[1]?.status === 'True');
  assert.deepEqual(
    conditions(claim).map(({ type, status }) => `${type} ${status}`),
    ['Synced True', 'Ready True'],
  );
  const composites = await allOf<Composite>(client, xboxKind);
  assert.deepEqual(
    composites.map(each => each.metadata.name),
    [claim.spec.resourceRef?.name],
  );
  const [composite] = composites;
  const composed = await allOf(client, configMapKind, 'crossplane.io/composite');
  const recorded = composite?.spec.resourceRefs?.map(ref => ref.name) ?? [];
  assert.deepEqual(composed.map(each => each.metadata.name).sort(), [...recorded].sort());
  const secret = await client.get<Secret>({ ...secretKind, namespace: 'default', name: 'a-connection' });
  const own = await client.get<Secret>({
    ...secretKind,
    namespace: 'larder-system',
    name: composite?.metadata.uid ?? '',
  });
  assert.deepEqual(secret.data, own.data);
  assert.deepEqual(Object.keys(secret.data ?? {}).sort(), ['endpoint', 'password']);
}

/** The uids of all composites and composed objects that were ever there. */
interface Made {
  composites: Set<string>;
  composed: Set<string>;
  /** Resolves when nothing that is made from now on is missed. */
  watching: Promise<unknown>;
}

function watchMade(t: Pick<TestContext, 'after'>, client: Client): Made {
  const ending = new AbortController();
  const followed: Promise<void>[] = [];
  const follow = (kind: typeof xboxKind, uids: Set<string>, labelSelector?: string): Promise<void> =>
    new Promise(listed => {
      const see = (object: KubeObject): void => void uids.add(object.metadata.uid ?? '');
      const onList = (list: KubeObject[]): void => {
        list.forEach(see);
        listed();
      };
      const onChange = (_type: string, object: KubeObject): void => see(object);
      followed.push(reflect({ client, kind, labelSelector, signal: ending.signal, onChange, onList }));
    });
  const composites = new Set<string>();
  const composed = new Set<string>();
  const watching = Promise.all([
    follow(xboxKind, composites),
    follow(configMapKind, composed, 'crossplane.io/composite'),
  ]);
  t.after(async () => {
    ending.abort();
    await Promise.all(followed);
  });
  return { composites, composed, watching };
}

function conditions(object: KubeObject): Condition[] {
  return (object.status as { conditions?: Condition[] } | undefined)?.conditions ?? [];
}

function established(object: KubeObject): boolean {
  return conditions(object).some(each => each.type === 'Established' && each.status === 'True');
}
