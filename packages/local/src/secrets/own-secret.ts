/** Secrets that the plane writes for an object of its own: whose they are, and what is in them, as text. */
import type { KubeObject } from '@larder/kube';

interface OwnSecret {
  namespace: string;
  name: string;
  labels: Record<string, string>;
  texts: Record<string, string>;
}

/** It goes with its owner. */
export function ownSecret(owner: KubeObject, { namespace, name, labels, texts }: OwnSecret): KubeObject {
  const { apiVersion, kind, metadata } = owner;
  const reference = { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '' };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace,
      labels,
      ownerReferences: [{ ...reference, controller: true, blockOwnerDeletion: true }],
    },
    type: 'Opaque',
    data: encodeTexts(texts),
  };
}

/** Whether `ownSecret` made it for this very object. */
export function isOwnSecret(secret: KubeObject, { metadata }: KubeObject): boolean {
  return secret.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid) ?? false;
}

/** Empty for a Secret that isn't there. */
export function textsOf(secret: KubeObject | undefined): Record<string, string | undefined> {
  return mapValues(dataOf(secret), value => Buffer.from(value, 'base64').toString());
}

/** As a Secret's `data` has them. */
export function encodeTexts(texts: Record<string, string>): Record<string, string> {
  return mapValues(texts, value => Buffer.from(value).toString('base64'));
}

/** Whether just these are in it. */
export function hasTexts(secret: KubeObject, texts: Record<string, string>): boolean {
  const [data, wanted] = [dataOf(secret), encodeTexts(texts)];
  const keys = Object.keys(wanted);
  return Object.keys(data).length === keys.length && keys.every(key => data[key] === wanted[key]);
}

function dataOf(secret: KubeObject | undefined): Record<string, string> {
  return (secret?.data ?? {}) as Record<string, string>;
}

function mapValues(record: Record<string, string>, change: (value: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
