/**
 * What lets the agent use a superuser's rights for an instance's users: the record of whose connection secret leads there, and the right
 * to read that one Secret. The uid is what is observed of the Secret that was composed, or that Crossplane made for this very claim.
 */
import type { KubeObject } from '@larder/kube';
import type { CompositionRequest, DesiredComposed, Requirement } from '../composition.ts';
import { fieldAt, textOf } from '../postgresql/fields.ts';
import { SQL_API_VERSION } from '../sql/sql-kinds.ts';
import { claimOf, claimSecretName } from './claim-secret.ts';
import { asObserved, type EngineResponse, type Lending, type Seen } from './engine.ts';
import type { PlaneSettings } from './settings.ts';

/** Stable for ever. */
export const lendingNames: readonly string[] = ['lent-server', 'agent-role', 'agent-binding'];

/** The agent, and its namespace. */
export const AGENT = 'larder-agent';

type Resource = DesiredComposed['resource'];

export function lendingObjects(
  request: CompositionRequest,
  { lends }: EngineResponse,
  seen: Record<string, Seen>,
  { delivery }: PlaneSettings,
): Record<string, DesiredComposed> {
  const uid = connectionSecretUid(request);
  const claim = claimOf(request.composite);
  if (lends === undefined || uid === undefined || claim === undefined) return kept(seen);
  const { name } = request.composite.metadata;
  const [server, role, binding] = [
    lentServer(name, lends, { namespace: claim.namespace, uid }),
    agentRole(lends),
    agentBinding(lends),
  ];
  const objects: Record<string, Resource> = { 'lent-server': server, 'agent-role': role, 'agent-binding': binding };
  // Crossplane itself says when it can't make them, and looks at a new one again a minute later only: the claim would wait for that.
  const isMade = (key: string): boolean => delivery.kind === 'Direct' || seen[key] !== undefined;
  return Object.fromEntries(Object.entries(objects).map(([key, resource]) => [key, { resource, ready: isMade(key) }]));
}

/** What can't be read for a moment is no reason to take rights away: the record speaks of one Secret for ever. */
function kept(seen: Record<string, Seen>): Record<string, DesiredComposed> {
  const there = Object.entries(seen).filter(([name]) => lendingNames.includes(name));
  return Object.fromEntries(
    there.map(([name, { resource }]) => [name, { resource: asObserved(resource), ready: true }]),
  );
}

/** The secret that a claim names, which Crossplane writes. */
export function lendingRequirements({ composite, required }: CompositionRequest): Record<string, Requirement> {
  const namespace = claimOf(composite)?.namespace;
  const name = nameOfSecret(required.claim?.[0]);
  if (namespace === undefined || name === '') return {};
  return { 'named-secret': { apiVersion: 'v1', kind: 'Secret', namespace, matchName: name } };
}

function nameOfSecret(claim: KubeObject | undefined): string {
  return textOf(fieldAt(claim?.spec, 'writeConnectionSecretToRef.name'));
}

function connectionSecretUid({ composed, required }: CompositionRequest): string | undefined {
  const own = composed[claimSecretName]?.resource.metadata.uid;
  if (own !== undefined) return own;
  const [claim] = required.claim ?? [];
  const [named] = required['named-secret'] ?? [];
  const isOfClaim = named?.metadata.ownerReferences?.some(
    ({ controller, uid }) => controller === true && uid === claim?.metadata.uid,
  );
  const isNamed = nameOfSecret(claim) === named?.metadata.name;
  return isOfClaim && isNamed ? named?.metadata.uid : undefined;
}

function lentServer(name: string, lends: Lending, connectionSecret: { namespace: string; uid: string }): Resource {
  const { labels, ...server } = lends;
  const spec = { connectionSecret, ...server };
  return { apiVersion: SQL_API_VERSION, kind: 'LentServer', metadata: { name, labels }, spec };
}

function agentRole({ labels, loginSecretRef: { namespace, name } }: Lending): Resource {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: AGENT, namespace, labels },
    rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'], resourceNames: [name] }],
  };
}

function agentBinding({ labels, loginSecretRef: { namespace } }: Lending): Resource {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: AGENT, namespace, labels },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: AGENT },
    subjects: [{ kind: 'ServiceAccount', name: AGENT, namespace: AGENT }],
  };
}
