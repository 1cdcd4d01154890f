/** What was applied is applied again when, and only when, somebody changed something of it: against a real API. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Client, KubeObject } from '@larder/kube';
import { ApplyMemo } from '../src/apply-memo.ts';
import { configMapKind } from './boxes.ts';
import { startApi } from './plane.ts';

const ends: (() => Promise<void> | void)[] = [];
const manager = { fieldManager: 'us' };
let client: Client;

before(async () => {
  client = await startApi({ after: end => void ends.unshift(end as () => Promise<void>) });
});

test.after(async () => {
  for (const end of ends) await end();
});

for (const { name, isCurrent, change } of [
  { name: 'nothing', isCurrent: true, change: {} },
  { name: 'a finalizer of somebody', isCurrent: true, change: { metadata: { finalizers: ['some.body/else'] } } },
  { name: 'a label beside ours', isCurrent: true, change: { metadata: { labels: { theirs: 'x' } } } },
  { name: 'a field beside ours', isCurrent: true, change: { data: { theirs: 'x' } } },
  { name: 'the value of a field of ours', isCurrent: false, change: { data: { ours: 'changed' } } },
  { name: 'a field of ours taken away', isCurrent: false, change: { data: { ours: null } } },
  { name: 'a label of ours taken away', isCurrent: false, change: { metadata: { labels: { ours: null } } } },
  { name: 'our owner taken away', isCurrent: false, change: { metadata: { ownerReferences: null } } },
  { name: 'whose fields are whose', isCurrent: false, change: { metadata: { managedFields: [{}] } } },
]) {
  test(`changed by another: ${name}`, async () => {
    const ref = { ...configMapKind, namespace: 'default', name: name.replaceAll(' ', '-') };
    const body = bodyOf(ref.name);
    const memo = new ApplyMemo(manager.fieldManager);
    const applied = await client.patch(ref, { type: 'apply', body, force: true }, manager);
    assert.equal(memo.isCurrent(applied, body), false, 'nothing is remembered yet');
    memo.remember(applied, body);
    const changed = await client.patch(ref, { type: 'merge', body: change }, { fieldManager: 'them' });
    assert.equal(memo.isCurrent(changed, body), isCurrent);
    assert.equal(memo.isCurrent(changed, { ...body, data: { ours: 'another' } }), false, 'another wish');
    memo.remember(await client.patch(ref, { type: 'apply', body, force: true }, manager), body);
    assert.equal(memo.isCurrent(await client.get<KubeObject>(ref), body), true, 'applied again it is as wanted');
    assert.equal(memo.isCurrent(undefined, body), false);
  });
}

function bodyOf(name: string): Record<string, unknown> {
  // An owner that isn't there is the garbage collector's to take off; one of no served kind stays.
  const owner = { apiVersion: 'nowhere.test/v1', kind: 'Nobody', name: 'x', uid: 'x' };
  const metadata = { name, namespace: 'default', labels: { ours: 'x' }, ownerReferences: [owner] };
  return { ...configMapKind, metadata, data: { ours: 'x' } };
}
