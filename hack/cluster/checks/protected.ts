/** deletionProtection on a cluster: neither the claim, nor what it became, is deleted by hand; lifted, all of it goes at once. */
import assert from 'node:assert/strict';
import { StatusError, type ObjectRef } from '@larder/kube';
import { until } from '../until.ts';
import { CLAIM, COMPOSITE, claimOf, engineOf, inNamespace, untilGone, untilReady } from './context.ts';
import type { Check, Context } from './context.ts';

const NAMESPACE = { apiVersion: 'v1', kind: 'Namespace' };

export const protectedInstance: Check = {
  name: 'a protected claim and what it became are not deleted by hand, and go when the protection is lifted',
  run: ({ client }) =>
    inNamespace(client, async namespace => {
      const ref = { ...CLAIM, name: 'precious', namespace };
      await client.create(claimOf(namespace, 'precious', { deletionProtection: true }));
      const { object } = await untilReady(client, ref);
      const { composite, ref: engine } = await engineOf(client, object);
      const own = { ...NAMESPACE, name: `sv-postgresql-${composite}` };
      const ofComposite = { ...COMPOSITE, name: composite };
      for (const each of [ref, { ...NAMESPACE, name: namespace }, ofComposite, own, engine])
        await isRefused(client, each);
      await client.patch(ref, { type: 'merge', body: { spec: { parameters: { deletionProtection: false } } } });
      // At once: the composite and what it composed may not have heard yet that they are protected no more.
      await client.delete(ref);
      for (const each of [ref, ofComposite, own]) await untilGone(client, each);
    }),
};

/** Policies take effect a moment after they were applied, so this asks without changing anything until one does. */
async function isRefused(client: Context['client'], ref: ObjectRef): Promise<void> {
  const words = `the deletion of ${ref.kind} ${ref.name} to be refused`;
  await until(words, async () => (await refusal(client, ref, true)) !== undefined, { seconds: 180 });
  const message = await refusal(client, ref, false);
  assert.match(message ?? 'it was deleted', /set spec\.parameters\.deletionProtection to false/, ref.kind);
}

async function refusal(client: Context['client'], ref: ObjectRef, dryRun: boolean): Promise<string | undefined> {
  try {
    await client.delete(ref, { dryRun });
    return undefined;
  } catch (error) {
    if (error instanceof StatusError && error.code === 403) return error.message;
    throw error;
  }
}
