/** The Composition objects: for each engine, one a way of delivery, with the plane's settings as the input of their only step. */
import {
  cloudNativePgImages,
  INPUT_API_VERSION,
  services,
  stackGresVersions,
  type ClusterComposition,
  type InstanceEngine,
  type PlaneSettings,
  type Service,
} from '@larder/catalog';
import type { KubeObject } from '@larder/kube';

type Way = Pick<PlaneSettings, 'crossplane' | 'delivery'>;

const throughObjects = { kind: 'Object', providerConfig: 'larder' } as const;

const ways: Record<string, Way> = {
  compositions: { crossplane: 2, delivery: { kind: 'Direct' } },
  'objects/compositions': { crossplane: 2, delivery: throughObjects },
  'objects-1.20/compositions': { crossplane: 1, delivery: throughObjects },
};

export const clusterServices = services.filter(({ clusterCompositions }) => (clusterCompositions ?? []).length > 0);

export function compositions(): Record<string, KubeObject> {
  const entries = Object.entries(ways).flatMap(([folder, way]) =>
    clusterServices.flatMap(service =>
      (service.clusterCompositions ?? []).filter(({ engine }) => canTake(engine, way)).map(one => [
        `${folder}/${one.name}.yaml`,
        compositionObject(service, one, way),
      ]),
    ),
  );
  return Object.fromEntries(entries) as Record<string, KubeObject>;
}

/** StackGres instances aren't delivered through Objects, which would show their passwords; Crossplane 1 can't look a Secret up for provider-sql. */
function canTake(engine: ClusterComposition['engine'], { delivery, crossplane }: Way): boolean {
  if (engine === 'provider-sql') return crossplane === 2;
  return delivery.kind === 'Direct' || engine !== 'stackgres';
}

/** What a platform team changes: everything below `input`. */
export function settingsFor(engine: InstanceEngine, way: Way): PlaneSettings {
  return {
    ...way,
    images: engine === 'cloudnativepg' ? cloudNativePgImages : stackGresVersions,
    operatorNamespace: engine === 'cloudnativepg' ? 'cnpg-system' : 'stackgres',
    agentNamespace: 'larder-agent',
    monitoring: { prometheusOperator: false, namespace: 'monitoring', ruleLabels: {} },
  };
}

function compositionObject({ name: service, definition }: Service, one: ClusterComposition, way: Way): KubeObject {
  const { group, names, versions } = definition.spec;
  const input = {
    apiVersion: INPUT_API_VERSION,
    kind: 'Catalog',
    service,
    engine: one.engine,
    ...(one.engine === 'cloudnativepg' || one.engine === 'stackgres' ? settingsFor(one.engine, way) : way),
  };
  return {
    apiVersion: 'apiextensions.crossplane.io/v1',
    kind: 'Composition',
    metadata: { name: one.name, labels: one.labels },
    spec: {
      compositeTypeRef: { apiVersion: `${group}/${versions[0]?.name}`, kind: names.kind },
      mode: 'Pipeline',
      pipeline: [{ step: 'compose', functionRef: { name: 'larder' }, input }],
      writeConnectionSecretsToNamespace: 'larder-system',
    },
  };
}
