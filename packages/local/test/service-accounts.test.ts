/** Every namespace has its ServiceAccount `default`, also after somebody deletes it, and a namespace that goes is left alone. */
import { it } from 'node:test';
import { noEvents, noLog, waitFor } from '@larder/controller';
import { startApi } from '../../composer/test/plane.ts';
import { runServiceAccounts } from '../src/service-accounts/run.ts';

const account = (namespace: string): { apiVersion: string; kind: string; namespace: string; name: string } => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  namespace,
  name: 'default',
});

it('a namespace has its default service account', async t => {
  const client = await startApi(t);
  const abort = new AbortController();
  const running = runServiceAccounts({ client, log: noLog, events: noEvents, signal: abort.signal });
  t.after(async () => {
    abort.abort();
    await running;
  });
  const until = (namespace: string, there: boolean): Promise<unknown> =>
    waitFor(client, account(namespace), object => (object !== undefined) === there, { timeoutMs: 120_000 });
  await until('default', true);
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } });
  await until('team', true);
  const { metadata } = await client.get(account('team'));
  await client.delete(account('team'));
  await waitFor(client, account('team'), object => object !== undefined && object.metadata.uid !== metadata.uid, {
    timeoutMs: 120_000,
  });
  const namespace = { apiVersion: 'v1', kind: 'Namespace', name: 'team' };
  await client.delete(namespace);
  await waitFor(client, namespace, object => object === undefined, { timeoutMs: 120_000 });
});
