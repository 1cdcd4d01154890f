/**
 * The connection secret of a claim that names none: Crossplane writes none then, so the composition composes it, `<claim>-connection`
 * in the claim's namespace. A secret of that name that isn't ours is never taken over.
 */
import type { KubeObject } from '@larder/kube';
import type {
  CompositionCondition,
  CompositionRequest,
  DesiredComposed,
  ObservedComposed,
  Requirement,
} from '../composition.ts';
import { fieldAt, textOf } from '../postgresql/fields.ts';
import { encodeBase64 } from './base64.ts';
import { asObserved } from './engine.ts';

/** Stable for ever. */
export const claimSecretName = 'connection';

interface Claim {
  apiVersion: string;
  kind: string;
  namespace: string;
  name: string;
}

export function claimOf(composite: KubeObject): Claim | undefined {
  const at = (field: string): string => textOf(fieldAt(composite.spec, `claimRef.${field}`));
  const claim = { apiVersion: at('apiVersion'), kind: at('kind'), namespace: at('namespace'), name: at('name') };
  return Object.values(claim).includes('') ? undefined : claim;
}

/** What must be known before the secret is made: whether the claim names another, and whether the name is free. */
export function claimSecretRequirements(
  composite: KubeObject,
  secretName: (claim: string) => string,
): Record<string, Requirement> {
  const claim = claimOf(composite);
  if (!claim) return {};
  const { apiVersion, kind, namespace, name } = claim;
  return {
    claim: { apiVersion, kind, namespace, matchName: name },
    'claim-secret': { apiVersion: 'v1', kind: 'Secret', namespace, matchName: secretName(name) },
  };
}

export interface ClaimSecret {
  composed: Record<string, DesiredComposed>;
  conditions: CompositionCondition[];
}

export function claimSecret(
  { composite, composed, required }: CompositionRequest,
  details: Record<string, string> | undefined,
  secretName: (claim: string) => string,
): ClaimSecret {
  const ours = composed[claimSecretName];
  const nothing: ClaimSecret = { composed: {}, conditions: [] };
  const claim = claimOf(composite);
  if (!claim) return nothing;
  const found = required.claim?.[0];
  // Not looked up, or the claim is just being deleted: whatever is there stays.
  if (!found || !required['claim-secret']) return { composed: kept(ours), conditions: [] };
  if (textOf(fieldAt(found.spec, 'writeConnectionSecretToRef.name')) !== '') return nothing;
  const name = secretName(claim.name);
  const [there] = required['claim-secret'];
  if (!ours && there && !isControlledBy(there, composite)) {
    return { composed: {}, conditions: [notOurs(claim.namespace, name)] };
  }
  if (!details) return { composed: kept(ours), conditions: [] };
  const data = Object.fromEntries(Object.entries(details).map(([key, value]) => [key, encodeBase64(value)]));
  const resource = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: claim.namespace },
    type: 'connection.crossplane.io/v1alpha1',
    data,
  };
  return { composed: { [claimSecretName]: { resource, ready: true } }, conditions: [] };
}

function kept(ours: ObservedComposed | undefined): Record<string, DesiredComposed> {
  return ours ? { [claimSecretName]: { resource: asObserved(ours.resource), ready: true } } : {};
}

function isControlledBy({ metadata }: KubeObject, composite: KubeObject): boolean {
  return metadata.ownerReferences?.some(owner => owner.controller && owner.uid === composite.metadata.uid) ?? false;
}

function notOurs(namespace: string, name: string): CompositionCondition {
  return {
    type: 'Accepted',
    status: 'False',
    reason: 'SecretNotOurs',
    message: `Secret "${name}" in namespace "${namespace}" was there before and is left alone: name another in spec.writeConnectionSecretToRef, or delete it`,
    target: 'CompositeAndClaim',
  };
}
