/**
 * A claim that is deleted half-way, while the composer is killed: both at random moments, which the seed decides. Whatever the two do,
 * in the end everything is gone, or is that of the claim that was made again under the same name.
 */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { waitFor } from '@larder/controller';
import { isAlreadyExists, type Client } from '@larder/kube';
import type { Claim, Composite } from '../../src/index.ts';
import type { Secret } from '../../src/crossplane.ts';
import { Accident, compose } from '../accident.ts';
import { box, configMapKind, definition, secretKind, xboxKind } from '../boxes.ts';
import { claimRef, conditions, look } from '../looking.ts';
import { allOf, startApi, startBackend, until, untilGone } from '../plane.ts';

const rounds = process.env.LARDER_FULL === '1' ? 60 : 6;
const seed = Number(process.env.LARDER_SEED ?? randomInt(2 ** 31));
/** Writes from the claim's creation to its end, about: deaths and deletions fall between the first and the last. */
const WRITES = 24;

interface Plan {
  /** The composer's writes after the installation: the claim is deleted, and the composer is dead, after that many. */
  deleted: number;
  killed: number;
  again: boolean;
  policy: 'Foreground' | 'Background';
}

const random = generator(seed);
for (let round = 0; round < rounds; round++) {
  const [a, b, c, d] = [random(), random(), random(), random()];
  const plan: Plan = {
    deleted: Math.floor(a * WRITES),
    killed: 1 + Math.floor(b * WRITES * 1.3),
    again: c < 0.5,
    policy: d < 0.5 ? 'Foreground' : 'Background',
  };
  test(`seed ${seed}, round ${round}: ${JSON.stringify(plan)}`, t => live(t, plan));
}

async function live(t: TestContext, plan: Plan): Promise<void> {
  const client = await startApi(t);
  startBackend(t, client);
  const installing = new AbortController();
  compose(t, client, installing.signal);
  const ref = { apiVersion: definition.apiVersion, kind: definition.kind, name: definition.metadata.name };
  await until(client, ref, xrd => conditions(xrd).join().includes('Offered True'));
  installing.abort();
  await liveOn(t, client, plan);
}

async function liveOn(t: TestContext, client: Client, plan: Plan): Promise<void> {
  const accident = new Accident(client, plan.killed, 'killed');
  const due = new Promise<void>(resolve => {
    accident.onWrite = count => count >= plan.deleted && resolve();
  });
  compose(t, accident.client, accident.died);
  void accident.happened.then(() => compose(t, client));
  const spec = { compositeDeletePolicy: plan.policy };
  const first = await client.create(box('a', { spec }));
  const waiting = new AbortController();
  // A composer that has nothing more to write doesn't get that far.
  const isWell = (claim?: Claim): boolean => claim !== undefined && conditions(claim).join().includes('Ready True');
  const well = waitFor(client, claimRef('a'), isWell, { timeoutMs: 60_000, signal: waiting.signal });
  await Promise.race([due, accident.happened, well.catch(() => {})]);
  waiting.abort();
  await client.delete(claimRef('a'), { preconditions: { uid: first.metadata.uid } });
  if (plan.again) await createAgain(client, spec);
  else await untilGone(client, claimRef('a'));
  await checkNothingElse(client, plan.again);
}

async function createAgain(client: Client, spec: Partial<Claim['spec']>): Promise<void> {
  for (;;) {
    await untilGone(client, claimRef('a'));
    try {
      return void (await client.create(box('a', { spec })));
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }
}

/** Only what belongs to the claim that is there, if one is. */
async function checkNothingElse(client: Client, isThere: boolean): Promise<void> {
  const seen = isThere ? await look(client, claimRef('a')) : undefined;
  for (const composite of await allOf<Composite>(client, xboxKind)) {
    if (composite.metadata.uid !== seen?.composite.metadata.uid)
      await untilGone(client, { ...xboxKind, name: composite.metadata.name });
  }
  const names = (await allOf(client, configMapKind, 'crossplane.io/composite')).map(each => each.metadata.name);
  assert.deepEqual(names.sort(), (seen?.composed ?? []).map(each => each.metadata.name).sort());
  const secretRef = { ...secretKind, namespace: 'default', name: 'a-connection' };
  if (seen === undefined) return untilGone(client, secretRef);
  const { data, metadata } = await client.get<Secret>(secretRef);
  assert.equal(metadata.ownerReferences?.[0]?.uid, seen.claim.metadata.uid);
  const password = Buffer.from(data?.password ?? '', 'base64').toString();
  assert.equal(password, `of ${seen.composed[0]?.metadata.name}`);
}

/** Mulberry32: the same numbers for the same seed. */
function generator(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
