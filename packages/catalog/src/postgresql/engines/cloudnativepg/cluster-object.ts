/** The `Cluster` of CloudNativePG, and the `Database` that carries its extensions. */
import type { KubeObject } from '@larder/kube';
import type { DesiredComposed } from '../../../composition.ts';
import { appliedAnnotation } from '../../../cluster/engine.ts';
import type { PlaneSettings } from '../../../cluster/settings.ts';
import type { Parameters } from '../../parameters.ts';
import { ownersOwn } from '../acceptance.ts';
import { writeApplied, type Applied } from '../cluster/hold.ts';
import { labelsOf, namespaceOf } from '../cluster/place.ts';
import { bytesText } from '../local-machine.ts';
import { givenAnnotation, type SuperuserPlan } from './superuser.ts';
import { CNPG_API_VERSION } from './cluster-kinds.ts';

export interface ClusterParts {
  composite: KubeObject;
  wanted: Parameters;
  settings: PlaneSettings;
  image: string;
  /** What it restarts for, as it is to be now. */
  applied: Applied;
  /** The other settings. */
  reloadable: Record<string, string>;
  superuser: SuperuserPlan;
}

export function clusterObject(parts: ClusterParts): DesiredComposed['resource'] {
  const { composite, wanted, applied, reloadable, superuser } = parts;
  return {
    apiVersion: CNPG_API_VERSION,
    kind: 'Cluster',
    metadata: {
      name: composite.metadata.name,
      namespace: namespaceOf(composite),
      labels: labelsOf(composite),
      annotations: {
        ...ownersOwn(composite.metadata.annotations),
        [appliedAnnotation]: writeApplied(applied),
        ...(superuser.given ? { [givenAnnotation]: 'true' } : {}),
      },
    },
    spec: {
      instances: wanted.instances,
      imageName: parts.image,
      // With one server the operator knows no other strategy; what would restart it is held back before it gets here.
      primaryUpdateStrategy: wanted.instances > 1 && wanted.apply !== 'Immediate' ? 'supervised' : 'unsupervised',
      primaryUpdateMethod: wanted.instances > 1 ? 'switchover' : 'restart',
      enableSuperuserAccess: superuser.access,
      bootstrap: {
        initdb: {
          database: 'app',
          owner: 'app',
          encoding: 'UTF8',
          localeCollate: 'C',
          localeCType: 'C',
          dataChecksums: true,
        },
      },
      storage: storage(parts),
      ...resources(applied.resources),
      postgresql: {
        parameters: sorted({ ...reloadable, ...applied.settings }),
        ...(applied.libraries.length > 0 ? { shared_preload_libraries: applied.libraries } : {}),
        pg_hba: hostRules(wanted.allowedCIDRs),
      },
    },
  };
}

/** Nobody connects without TLS, whatever the network lets through. */
function hostRules(allowedCIDRs: string[]): string[] {
  const from = allowedCIDRs.length > 0 ? allowedCIDRs : ['all'];
  return [...from.map(network => `hostssl all all ${network} scram-sha-256`), 'host all all all reject'];
}

function storage({ wanted, settings }: ClusterParts): Record<string, unknown> {
  const { storageClass } = settings;
  return { size: bytesText(wanted.storageBytes), ...(storageClass === undefined ? {} : { storageClass }) };
}

function resources(texts: Record<string, string>): Record<string, unknown> {
  const of = (kind: string): Record<string, string> =>
    Object.fromEntries(
      Object.entries(texts).flatMap(([key, value]) => {
        const [before, name = ''] = key.split('.');
        return before === kind ? [[name, value]] : [];
      }),
    );
  const parts = Object.entries({ limits: of('limits'), requests: of('requests') });
  const given = parts.filter(([, quantities]) => Object.keys(quantities).length > 0);
  return given.length > 0 ? { resources: Object.fromEntries(given) } : {};
}

function sorted(entries: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** The claim's database, for its extensions. It is kept when this object goes. */
export function databaseObject(composite: KubeObject, { extensions }: Parameters): DesiredComposed['resource'] {
  return {
    apiVersion: CNPG_API_VERSION,
    kind: 'Database',
    metadata: { name: 'app', namespace: namespaceOf(composite), labels: labelsOf(composite) },
    spec: {
      cluster: { name: composite.metadata.name },
      name: 'app',
      owner: 'app',
      databaseReclaimPolicy: 'retain',
      extensions: extensions.map(({ name, version }) => ({
        name,
        ensure: 'present',
        ...(version === undefined ? {} : { version }),
      })),
    },
  };
}
