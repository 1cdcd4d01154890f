/** A lease is held by one at a time, is taken over from who is gone, and who lost it says so. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { noLog } from '@larder/controller';
import type { Client, KubeObject } from '@larder/kube';
import { LeaseLostError, whileLeading, type LeaseOptions } from '@larder/agent';
import { edit, startApi, until } from '../../composer/test/plane.ts';

const LEASE = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: 'default', name: 'test' };

interface Spec {
  holderIdentity?: string;
  leaseTransitions?: number;
}

function candidate(
  t: TestContext,
  client: Client,
  identity: string,
): { abort: AbortController; options: LeaseOptions } {
  const abort = new AbortController();
  t.after(() => abort.abort());
  const where = { client, namespace: LEASE.namespace, name: LEASE.name, identity };
  return { abort, options: { ...where, log: noLog, signal: abort.signal, durationMs: 2_000, retryMs: 100 } };
}

const untilEnd = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve())));

const heldBy = (client: Client, identity: string): Promise<KubeObject> =>
  until<KubeObject>(client, LEASE, ({ spec }) => (spec as Spec).holderIdentity === identity);

test('five want it, and no two work at once', async t => {
  const client = await startApi(t);
  let working = 0;
  let most = 0;
  const done: string[] = [];
  const candidates = ['a', 'b', 'c', 'd', 'e'].map(name => candidate(t, client, name).options);
  await Promise.all(
    candidates.map(options =>
      whileLeading(options, async () => {
        most = Math.max(most, ++working);
        await client.list({ apiVersion: 'v1', kind: 'Secret' });
        working--;
        done.push(options.identity);
      }),
    ),
  );
  assert.deepEqual([most, done.sort()], [1, ['a', 'b', 'c', 'd', 'e']]);
});

test('it is taken over from one that gives no sign of life any more', async t => {
  const client = await startApi(t);
  const spec = {
    holderIdentity: 'dead',
    leaseDurationSeconds: 1,
    renewTime: '2020-01-01T00:00:00.000000Z',
    leaseTransitions: 3,
  };
  const { apiVersion, kind, ...metadata } = LEASE;
  await client.create({ apiVersion, kind, metadata, spec });
  const { abort, options } = candidate(t, client, 'heir');
  const ended = whileLeading(options, untilEnd);
  assert.equal(((await heldBy(client, 'heir')).spec as Spec).leaseTransitions, 4);
  abort.abort();
  await ended;
  await heldBy(client, '');
});

test('who lost it ends its work and says so', async t => {
  const client = await startApi(t);
  const { options } = candidate(t, client, 'loser');
  let ended = false;
  const leading = whileLeading(options, async signal => {
    await untilEnd(signal);
    ended = true;
  });
  await heldBy(client, 'loser');
  await edit(client, LEASE, object => Object.assign(object.spec as Spec, { holderIdentity: 'usurper' }));
  await assert.rejects(leading, LeaseLostError);
  assert.ok(ended);
  assert.equal(((await client.get(LEASE)).spec as Spec).holderIdentity, 'usurper');
});
