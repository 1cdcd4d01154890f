/** Crossplane's request as the catalog reads it. */
import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import type { CompositionRequest, ObservedComposed } from '@larder/catalog';
import type { KubeObject } from '@larder/kube';

export function readRequest(request: RunFunctionRequest): CompositionRequest {
  const { observed, input } = request;
  const composed = Object.entries(observed?.resources ?? {}).map(
    ([name, { resource, connectionDetails }]): [string, ObservedComposed] => {
      const details = Object.entries(connectionDetails).map(([key, value]) => [key, value.toString('utf8')]);
      const texts = Object.fromEntries(details) as Record<string, string>;
      return [name, { resource: resource as KubeObject, connectionDetails: texts }];
    },
  );
  return {
    composite: (observed?.composite?.resource ?? {}) as KubeObject,
    composed: Object.fromEntries(composed),
    required: required(request),
    ...(input === undefined ? {} : { input }),
  };
}

/** Answered by the name of either protocol: before Crossplane 2 they were called extra resources. */
function required({ requiredResources, extraResources }: RunFunctionRequest): Record<string, KubeObject[]> {
  const found = Object.entries({ ...extraResources, ...requiredResources });
  return Object.fromEntries(
    found.map(([name, { items }]) => [name, items.map(({ resource }) => resource as KubeObject)]),
  );
}
