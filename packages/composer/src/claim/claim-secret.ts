/** The connection secret of a claim: a copy of its composite's, under the name the claim says, and nowhere else. */
import { conditionsOf, isConditionTrue } from '@larder/controller';
import { refOf, type Client } from '@larder/kube';
import { applySecret, isOurs, planSecret, selectKeys, type WantedSecret } from '../connection-secret.ts';
import { label, manager, nameOf, secretUidAnnotation, type Claim, type Composite, type Secret } from '../crossplane.ts';
import type { SecretState } from './claim-status.ts';

/**
 * Writes, puts back or renews the secret once the composite has been ready; before that only looks whether the name is
 * free. `keys` are all that it must have.
 */
export async function publishClaimSecret(
  client: Client,
  claim: Claim,
  composite: Composite,
  keys: readonly string[],
): Promise<SecretState> {
  const name = claim.spec.writeConnectionSecretToRef?.name;
  if (name === undefined) return { kind: 'none' };
  const secret = { namespace: claim.metadata.namespace ?? '', name, owner: claim };
  const data = selectKeys(await detailsOf(client, composite), keys);
  const wasReady = isConditionTrue(conditionsOf(composite), 'Ready') || claim.status?.connectionDetails !== undefined;
  if (data === undefined || !wasReady) return (await lookAt(client, secret)) ?? missing(keys);
  const labels = { [label.claimName]: claim.metadata.name, [label.composite]: composite.metadata.name };
  const step = await applySecret(client, { ...secret, labels, data }, manager.claim);
  if (step.do === 'refuse') return { kind: 'refused', message: step.message };
  return { kind: 'there', written: step.do !== 'nothing', uid: step.uid };
}

/** Writes down on the composite, which no tenant can write, which secret is the claim's: who is asked for rights on the server looks there. */
export async function recordSecret(client: Client, composite: Composite, secret: SecretState): Promise<void> {
  if (secret.kind !== 'there' || secret.uid === undefined) return;
  if (composite.metadata.annotations?.[secretUidAnnotation] === secret.uid) return;
  const body = { metadata: { annotations: { [secretUidAnnotation]: secret.uid } } };
  await client.patch(refOf(composite), { type: 'merge', body }, { fieldManager: manager.claim });
}

/** How it stands with a secret that can't be written yet; `undefined` when there is none. */
async function lookAt(client: Client, secret: Omit<WantedSecret, 'data'>): Promise<SecretState | undefined> {
  const { namespace, name } = secret;
  const existing = await client.find<Secret>({ apiVersion: 'v1', kind: 'Secret', namespace, name });
  const step = planSecret(existing, { ...secret, data: {} });
  if (step.do === 'refuse') return { kind: 'refused', message: step.message };
  return existing && { kind: 'there', written: false, uid: existing.metadata.uid };
}

function missing(keys: readonly string[]): SecretState {
  return keys.length === 0 ? { kind: 'none' } : { kind: 'missing' };
}

/** Deletes secrets of this claim under names that it no longer says. */
export async function dropFormerSecrets(client: Client, claim: Claim): Promise<void> {
  const { namespace, name } = claim.metadata;
  const list = await client.list<Secret>(
    { apiVersion: 'v1', kind: 'Secret' },
    { namespace, labelSelector: `${label.claimName}=${name}` },
  );
  for (const secret of list.items) {
    const { name: secretName, uid } = secret.metadata;
    if (secretName === claim.spec.writeConnectionSecretToRef?.name || !isOurs(secret, claim)) continue;
    await client.delete({ apiVersion: 'v1', kind: 'Secret', namespace, name: secretName }, { preconditions: { uid } });
  }
}

/** Only a secret that the composite controls is copied: it could name any other. */
async function detailsOf(client: Client, composite: Composite): Promise<Record<string, string> | undefined> {
  const from = composite.spec.writeConnectionSecretToRef;
  if (from === undefined) return undefined;
  const secret = await client.find<Secret>({ apiVersion: 'v1', kind: 'Secret', ...from });
  if (secret === undefined) return undefined;
  if (isOurs(secret, composite)) return secret.data ?? {};
  throw new Error(`cannot read the connection details of ${nameOf(composite)}: ${nameOf(secret)} isn't its own`);
}
