/**
 * Connection secrets: written whole or not at all, owned by who asked for them, and never taken over from anybody else.
 * Their content never gets into a message.
 */
import {
  equalJson,
  isAlreadyExists,
  validateDns1123Subdomain,
  type Client,
  type KubeObject,
  type ObjectRef,
} from '@larder/kube';
import { connectionSecretType, controllerUid, nameOf, type Claim, type Secret } from './crossplane.ts';

export interface WantedSecret {
  namespace: string;
  name: string;
  /** The claim or composite that it belongs to. */
  owner: KubeObject;
  labels?: Record<string, string>;
  /** Base64, as in a Secret's `data`. */
  data: Record<string, string>;
}

export type SecretStep =
  | { do: 'create' }
  | { do: 'update' }
  | { do: 'nothing' }
  | { do: 'refuse'; because: 'foreign' | 'misnamed'; message: string };

/** What to do about the secret that is there, if one is. */
export function planSecret(existing: Secret | undefined, wanted: Omit<WantedSecret, 'labels'>): SecretStep {
  if (!isSecretName(wanted.name)) return { do: 'refuse', because: 'misnamed', message: misnamedText(wanted.name) };
  if (existing === undefined) return { do: 'create' };
  if (!isOurs(existing, wanted.owner)) return { do: 'refuse', because: 'foreign', message: foreignText(existing) };
  return equalJson(existing.data ?? {}, wanted.data) ? { do: 'nothing' } : { do: 'update' };
}

/** Does what `planSecret` says; returns it, and the uid of the secret that is there then. */
export async function applySecret(
  client: Client,
  wanted: WantedSecret,
  fieldManager: string,
): Promise<SecretStep & { uid?: string }> {
  const ref: ObjectRef = { apiVersion: 'v1', kind: 'Secret', namespace: wanted.namespace, name: wanted.name };
  const existing = await client.find<Secret>(ref);
  const step = planSecret(existing, wanted);
  if (step.do === 'create') {
    try {
      const { metadata } = await client.create(secretObject(wanted), { fieldManager });
      return { ...step, uid: metadata.uid };
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const other = await client.get<Secret>(ref);
      return { ...planSecret(other, wanted), uid: other.metadata.uid };
    }
  }
  if (step.do === 'update' && existing !== undefined) {
    await client.update<Secret>({ ...existing, data: wanted.data }, { fieldManager });
  }
  return { ...step, uid: existing?.metadata.uid };
}

/** Whether the secret is the one that the claim publishes its details in: one that the composer writes to. */
export function isSecretOf(claim: Claim, secret: Secret): boolean {
  const { namespace, deletionTimestamp } = claim.metadata;
  if (deletionTimestamp !== undefined || secret.metadata.namespace !== namespace) return false;
  return secret.metadata.name === claim.spec.writeConnectionSecretToRef?.name && isOurs(secret, claim);
}

export function isOurs(secret: Secret, owner: KubeObject): boolean {
  return controllerUid(secret) === owner.metadata.uid && secret.type === connectionSecretType;
}

/**
 * Of the details, those with these keys (all, when none are named). Whether they are whole the composition has decided: some keys,
 * such as a superuser's, are there for some claims only.
 */
export function selectKeys(
  details: Record<string, string> | undefined,
  keys: readonly string[],
): Record<string, string> | undefined {
  if (details === undefined || keys.length === 0) return details;
  return Object.fromEntries(Object.entries(details).filter(([key]) => keys.includes(key)));
}

export function encoded(details: Record<string, string>): Record<string, string> {
  return mapValues(details, value => Buffer.from(value, 'utf8').toString('base64'));
}

export function decoded(data: Record<string, string>): Record<string, string> {
  return mapValues(data, value => Buffer.from(value, 'base64').toString('utf8'));
}

function mapValues(record: Record<string, string>, change: (value: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function secretObject({ namespace, name, owner, labels, data }: WantedSecret): Secret {
  const { apiVersion, kind, metadata } = owner;
  const ownerReferences = [
    { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true },
  ];
  const meta = { namespace, name, ownerReferences, ...(labels && { labels }) };
  return { apiVersion: 'v1', kind: 'Secret', metadata: meta, type: connectionSecretType, data };
}

/** Else the API itself would refuse the Secret, in words that don't name the field of the claim. */
function isSecretName(name: string): boolean {
  return validateDns1123Subdomain(name).length === 0;
}

function misnamedText(name: string): string {
  return (
    `spec.writeConnectionSecretToRef.name: ${JSON.stringify(name)} is no name for a secret: take up to 253 lower-case letters, ` +
    'digits, "-" and ".", with a letter or digit at both ends'
  );
}

function foreignText(secret: Secret): string {
  const owner = secret.metadata.ownerReferences?.find(reference => reference.controller === true);
  const whose = owner === undefined ? 'nobody here made it' : `it belongs to ${nameOf(owner)}`;
  const { namespace, name } = secret.metadata;
  return (
    `spec.writeConnectionSecretToRef.name: secret "${name}" is there already and ${whose}; it is left as it is. ` +
    `Name another one, or delete it if nobody needs it: kubectl delete secret ${name} -n ${namespace ?? ''}`
  );
}
