/** How a service is met on the local plane: the function, and the Composition object that stands for it in the API. */
import type { Composition } from './composition.ts';
import type { ServiceComposition } from './service.ts';

export interface LocalComposition {
  name: string;
  /** The folder of the service. */
  service: string;
  /** The kind of its composites. */
  composite: string;
  compose: Composition;
}

export function localComposition({ name, service, composite, compose }: LocalComposition): ServiceComposition {
  const labels = { 'larder.dev/service': service, 'larder.dev/engine': 'local' };
  const resource = {
    apiVersion: 'apiextensions.crossplane.io/v1',
    kind: 'Composition',
    metadata: { name, labels },
    spec: {
      compositeTypeRef: { apiVersion: 'syn.tools/v1', kind: composite },
      mode: 'Pipeline',
      pipeline: [{ step: 'compose', functionRef: { name: 'larder' } }],
      writeConnectionSecretsToNamespace: 'larder-system',
    },
  };
  return { name, engine: 'local', labels, resource, compose };
}
