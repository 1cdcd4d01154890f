/** Definitions, compositions and kinds that somebody deletes or edits while claims live on them. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Client, ObjectRef } from '@larder/kube';
import { isForbidden } from '@larder/kube';
import { startComposer } from '../../src/index.ts';
import { box, boxes, boxKind, definition, xboxKind } from '../boxes.ts';
import { allOf, edit, startApi, startBackend, startComposing, until, untilGone } from '../plane.ts';
import { claimRef, conditions, isWell, look, messageOf, ready, untilAnother, untilSaid } from '../looking.ts';

const definitionRef = { apiVersion: definition.apiVersion, kind: definition.kind, name: definition.metadata.name };
const compositionRef = { ...definitionRef, kind: 'Composition', name: 'boxes' };
const crdRef = (name: string): ObjectRef => ({
  ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name },
});

async function startPlane(t: TestContext): Promise<Client> {
  const client = await startApi(t);
  startBackend(t, client);
  await startComposing(t, client, boxes());
  return client;
}

test('a definition that is deleted is held until its claims are gone, says so, and comes back', async t => {
  const client = await startPlane(t);
  const { claim, composite, composed } = await ready(client, 'a');
  const before = await client.get(definitionRef);
  await client.delete(definitionRef);
  const held = await until(client, definitionRef, each => messageOf(each, 'Established').startsWith('waits for'));
  assert.deepEqual(conditions(held), [
    'Established False TerminatingCompositeResource',
    'Offered False TerminatingCompositeResourceClaim',
  ]);
  const named = `waits for Box "default/a", XBox "${composite.metadata.name}" to go, and deletes none of them`;
  assert.ok(messageOf(held, 'Established').startsWith(named), messageOf(held, 'Established'));
  assert.match(messageOf(held, 'Established'), /kubectl delete box.test.dev a -n default$/);
  for (const object of [claim, composite, ...composed]) {
    const { apiVersion, kind, metadata } = object;
    const now = await client.get({ apiVersion, kind, name: metadata.name, namespace: metadata.namespace });
    assert.equal(now.metadata.deletionTimestamp, undefined, `${kind} stays`);
  }
  await edit(client, claimRef('a'), each => (each.spec = { ...(each.spec as object), parameters: { size: 1 } }));
  await until(client, claimRef('a'), each => isWell(each) && (each.status as { weight?: number }).weight === 1);
  await client.delete(claimRef('a'));
  await untilAnother(client, before);
  await until(client, definitionRef, each => conditions(each).join().includes('Offered True'));
  await ready(client, 'b');
});

test('a composer that starts while a definition is being deleted works on what is left of it', async t => {
  const client = await startApi(t);
  startBackend(t, client);
  const first = new AbortController();
  const killed = await startComposer({ client, services: [boxes()], signal: first.signal });
  await ready(client, 'a');
  const before = await client.get(definitionRef);
  await client.delete(definitionRef);
  await until(client, definitionRef, each => messageOf(each, 'Established').startsWith('waits for'));
  first.abort();
  await killed.stopped;
  await startComposing(t, client, boxes());
  await client.delete(claimRef('a'));
  await untilGone(client, claimRef('a'));
  await untilAnother(client, before);
});

test('a definition that was torn out takes its claims along no further than the definition that comes back', async t => {
  const client = await startPlane(t);
  const { claim, composite } = await ready(client, 'a');
  const before = await client.get(definitionRef);
  // As when somebody takes the finalizers off; ours would be put on again.
  await client.delete(definitionRef);
  await edit(client, definitionRef, each => delete each.metadata.finalizers);
  const after = await untilAnother(client, before);
  for (const name of ['boxes.test.dev', 'xboxes.test.dev']) {
    await until(client, crdRef(name), each => each.metadata.ownerReferences?.[0]?.uid === after.metadata.uid);
  }
  await until(client, definitionRef, each => conditions(each).join().includes('Offered True'));
  const seen = await look(client, claimRef('a'));
  assert.equal(seen.claim.metadata.uid, claim.metadata.uid);
  assert.equal(seen.composite.metadata.uid, composite.metadata.uid);
});

test('the plane’s own kinds can’t be deleted by hand; what somebody brought along can', async t => {
  const client = await startPlane(t);
  for (const name of ['boxes.test.dev', 'xboxes.test.dev']) {
    await assert.rejects(client.delete(crdRef(name)), (error: Error) => {
      assert.ok(isForbidden(error));
      assert.match(error.message, /all objects of this kind would go with it: delete the claims/);
      return true;
    });
  }
  const names = { kind: 'Thing', plural: 'things', singular: 'thing', listKind: 'ThingList' };
  const schema = { openAPIV3Schema: { type: 'object' } };
  await client.create({
    ...crdRef('things.other.dev'),
    metadata: { name: 'things.other.dev' },
    spec: {
      group: 'other.dev',
      scope: 'Cluster',
      names,
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  });
  await client.delete(crdRef('things.other.dev'));
  await untilGone(client, crdRef('things.other.dev'));
});

test('a composition that is deleted or edited is put back, and its composites don’t notice', async t => {
  const client = await startPlane(t);
  const { composite } = await ready(client, 'a');
  const before = await client.get(compositionRef);
  await client.delete(compositionRef);
  await untilAnother(client, before);
  await edit(client, compositionRef, each => {
    const { pipeline } = each.spec as { pipeline: { functionRef: { name: string } }[] };
    for (const step of pipeline) step.functionRef.name = 'theirs';
    each.spec = { ...(each.spec as object), writeConnectionSecretsToNamespace: 'elsewhere' };
    each.metadata.labels = { mine: 'stays' };
  });
  const merged = await until(client, compositionRef, each => each.metadata.labels?.kind === 'plain');
  const spec = merged.spec as { writeConnectionSecretsToNamespace: string; pipeline: unknown };
  assert.equal(spec.writeConnectionSecretsToNamespace, 'larder-system');
  assert.deepEqual(spec.pipeline, [{ step: 'compose', functionRef: { name: 'boxes' } }]);
  assert.equal(merged.metadata.labels?.mine, 'stays');
  await edit(client, claimRef('a'), each => (each.spec = { ...(each.spec as object), parameters: { size: 1 } }));
  const seen = await look(client, claimRef('a'), each => isWell(each) && each.status?.weight === 1);
  assert.equal(seen.composite.metadata.uid, composite.metadata.uid);
});

test('a composition that this plane doesn’t have is refused on the claim, with those it has', async t => {
  const client = await startPlane(t);
  await client.create(box('a', { spec: { compositionRef: { name: 'nowhere' } } }));
  const claim = await untilSaid(client, claimRef('a'), 'Synced', /cannot find Composition "nowhere"/);
  assert.deepEqual(conditions(claim)[0], 'Synced False ReconcileError');
  assert.match(messageOf(claim, 'Synced'), /this plane offers "boxes", "spare" \(spec.compositionRef.name\)/);
  await edit(client, claimRef('a'), each => {
    each.spec = { ...(each.spec as object), compositionRef: { name: 'spare' } };
  });
  await look(client, claimRef('a'));
  assert.equal((await allOf(client, xboxKind)).length, 1);
  assert.equal((await allOf(client, boxKind)).length, 1);
});
