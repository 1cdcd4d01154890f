/**
 * What users and databases share on a cluster: the copy of the connection secret in the agent's namespace, and what is said while
 * there is none. The claim gets no condition for what will pass by itself: Crossplane never takes one off a claim again.
 */
import type { KubeObject } from '@larder/kube';
import { AGENT } from '../cluster/lending.ts';
import { claimOf } from '../cluster/claim-secret.ts';
import type { EngineRequest, EngineResponse } from '../cluster/engine.ts';
import { asObserved } from '../cluster/engine.ts';
import type { CompositionCondition, DesiredComposed, Requirement } from '../composition.ts';
import { fieldAt, isRecord, textOf } from '../postgresql/fields.ts';
import { SERVER_SECRET, serverSecretKeys } from './server-secret.ts';

/** The composed copy. Stable for ever. */
export const serverName = 'server';
/** While something lacks that nobody announces to a composition. */
const SOON_SECONDS = 10;
const REQUIREMENT = 'server-secret';

export interface OnCluster {
  /** Of the object that logs in. */
  kind: 'PostgresRole' | 'PostgresDatabase';
  readyType: 'RoleReady' | 'DatabaseReady';
  /** Of the claim's own part, once there is a server. */
  compose: (request: EngineRequest) => EngineResponse;
}

export function serverRequirement(composite: KubeObject): Record<string, Requirement> {
  const namespace = claimOf(composite)?.namespace;
  if (namespace === undefined) return {};
  return { [REQUIREMENT]: { apiVersion: 'v1', kind: 'Secret', namespace, matchName: secretNameOf(composite) } };
}

/** The name of the copy, in the agent's namespace. */
export function serverSecretRef({ metadata }: KubeObject): { namespace: string; name: string } {
  return { namespace: AGENT, name: `${metadata.name}-server` };
}

export function composeOnCluster(request: EngineRequest, { kind, readyType, compose }: OnCluster): EngineResponse {
  const { composite, composed, required, settings } = request;
  if (settings.crossplane === 1) return refused();
  const found = required[REQUIREMENT];
  const copy =
    copyOf(composite, kind, found?.[0]) ?? (composed[serverName] && asObserved(composed[serverName].resource));
  if (copy === undefined) return waiting(composite, readyType);
  const answer = compose(request);
  const server: DesiredComposed = { resource: copy, ready: composed[serverName] !== undefined };
  const isMissing = found?.length === 0;
  return {
    ...answer,
    composed: { [serverName]: server, ...answer.composed },
    conditions: answer.conditions.map(condition => onlyTrouble(condition)),
    ...(isMissing ? { againAfterSeconds: SOON_SECONDS } : {}),
  };
}

/** Nothing when there is none now. */
function copyOf(
  composite: KubeObject,
  kind: string,
  source: KubeObject | undefined,
): DesiredComposed['resource'] | undefined {
  if (source === undefined) return undefined;
  const { uid = '', name, namespace = '', ownerReferences = [] } = source.metadata;
  // Of a claim that names its secret, or of the composite.
  const isOfPlane = ownerReferences.some(
    ({ apiVersion, kind: owner }) => apiVersion.startsWith('syn.tools/') && /^X?PostgreSQLInstance$/.test(owner),
  );
  const given = isRecord(source.data) ? source.data : {};
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...serverSecretRef(composite),
      labels: { [SERVER_SECRET.usedByLabel]: `${kind}.${composite.metadata.name}` },
      annotations: {
        [SERVER_SECRET.uidAnnotation]: uid,
        [SERVER_SECRET.namespaceAnnotation]: namespace,
        [SERVER_SECRET.nameAnnotation]: name,
        ...(isOfPlane ? { [SERVER_SECRET.expectedAnnotation]: 'true' } : {}),
      },
      finalizers: [SERVER_SECRET.finalizer],
    },
    type: 'Opaque',
    data: Object.fromEntries(serverSecretKeys.flatMap(key => (key in given ? [[key, textOf(given[key])]] : []))),
  };
}

function secretNameOf(composite: KubeObject): string {
  return textOf(fieldAt(composite, 'spec.parameters.secretName'));
}

const accepted: CompositionCondition = {
  type: 'Accepted',
  status: 'True',
  reason: 'Accepted',
  message: '',
  target: 'Composite',
};

function waiting(composite: KubeObject, type: OnCluster['readyType']): EngineResponse {
  const { namespace = '' } = claimOf(composite) ?? {};
  const message = `waits for the connection secret "${secretNameOf(composite)}" in namespace "${namespace}"`;
  const condition = { type, status: 'False', reason: 'SecretMissing', message, target: 'Composite' } as const;
  return {
    keep: true,
    composed: {},
    status: {},
    conditions: [accepted, condition],
    events: [],
    againAfterSeconds: SOON_SECONDS,
  };
}

function refused(): EngineResponse {
  const message =
    'spec.parameters.secretName: users and databases need Crossplane 2, since Crossplane 1 can not look up a Secret: the platform team upgrades it';
  const condition = {
    ...accepted,
    status: 'False',
    reason: 'CrossplaneTooOld',
    message,
    target: 'CompositeAndClaim',
  } as const;
  return { keep: true, composed: {}, status: {}, conditions: [condition], events: [] };
}

/** Reasons that pass by themselves, or when another claim of the same hand is ready. */
const passing = new Set(['DatabaseMissing', 'OwnerMissing', 'SecretMissing', 'Deleting']);

function onlyTrouble(condition: CompositionCondition): CompositionCondition {
  return passing.has(condition.reason ?? '') ? { ...condition, target: 'Composite' } : condition;
}
