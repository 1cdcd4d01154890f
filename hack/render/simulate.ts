/** Composes a claim as Crossplane would, without a cluster: call after call, with what a cluster would have made of each answer. */
import {
  services,
  type ClusterComposition,
  type CompositionRequest,
  type CompositionResponse,
  type PlaneSettings,
} from '@larder/catalog';
import type { KubeObject } from '@larder/kube';

export interface RenderOptions {
  claim: KubeObject;
  engine: ClusterComposition['engine'];
  settings: PlaneSettings;
  /** Objects as they are: of an earlier rendering, edited, or of a cluster. By name in the composition. */
  observed?: CompositionRequest['composed'];
}

/** The answer once nothing more is asked for: namespaces exist, nothing else has a status. */
export function render({ claim, engine, settings, observed = {} }: RenderOptions): CompositionResponse {
  const service = services.find(({ definition }) => definition.spec.claimNames?.kind === claim.kind);
  const composition = service?.clusterCompositions?.find(one => one.engine === engine);
  if (!service || !composition)
    throw new Error(`${claim.kind} "${claim.metadata.name}": engine "${engine}" does not offer this kind`);
  let request: CompositionRequest = {
    composite: compositeOf(claim, service.definition.spec.names.kind),
    composed: observed,
    required: { claim: [claim], 'claim-secret': [] },
    input: { service: service.name, engine, ...settings },
  };
  let answer = composition.compose(request);
  if (Object.keys(observed).length === 0 && answer.composed.namespace) {
    const { namespace } = answer.composed;
    const there = { ...(structuredClone(namespace.resource) as KubeObject), status: { phase: 'Active' } };
    request = { ...request, composed: { namespace: { resource: there, connectionDetails: {} } } };
    answer = composition.compose(request);
  }
  return answer;
}

function compositeOf(claim: KubeObject, kind: string): KubeObject {
  const { name, namespace = 'default', labels, annotations } = claim.metadata;
  const { apiVersion } = claim;
  return {
    apiVersion,
    kind,
    metadata: { name: `${name}-00000`, uid: '00000000-0000-0000-0000-000000000000', labels, annotations },
    spec: { ...(claim.spec as object), claimRef: { apiVersion, kind: claim.kind, namespace, name } },
  };
}
