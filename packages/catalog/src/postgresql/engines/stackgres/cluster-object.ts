/** The `SGCluster`. Defaults that its webhook puts in are not repeated here: composing must not fight with the operator. */
import type { KubeObject } from '@larder/kube';
import { appliedAnnotation } from '../../../cluster/engine.ts';
import type { PlaneSettings } from '../../../cluster/settings.ts';
import type { DesiredComposed } from '../../../composition.ts';
import type { Parameters } from '../../parameters.ts';
import { ownersOwn } from '../acceptance.ts';
import { writeApplied, type Applied } from '../cluster/hold.ts';
import { inside, scriptId } from './kinds.ts';
import { object } from './objects.ts';
import { mebibytes } from './sizes.ts';

export interface ClusterParts {
  composite: KubeObject;
  wanted: Parameters;
  settings: PlaneSettings;
  applied: Applied;
  /** What the SGCluster says already, once there is one: the operator ignores a change of it, and its upgrades write it themselves. */
  version: string;
}

export function clusterObject({
  composite,
  wanted,
  settings,
  applied,
  version,
}: ClusterParts): DesiredComposed['resource'] {
  const { storageClass } = settings;
  const { extensions, instances, storageBytes } = wanted;
  const made = object(composite, 'SGCluster', composite.metadata.name, {
    profile: 'production',
    instances,
    postgres: {
      version,
      ...(extensions.length > 0 ? { extensions: extensions.map(named) } : {}),
      ssl: {
        enabled: true,
        certificateSecretKeySelector: { name: inside.certificate, key: 'tls.crt' },
        privateKeySecretKeySelector: { name: inside.certificate, key: 'tls.key' },
      },
    },
    sgInstanceProfile: inside.profile,
    pods: {
      persistentVolume: {
        size: mebibytes(storageBytes),
        ...(storageClass === undefined ? {} : { storageClass }),
      },
      // An application gets PostgreSQL itself: a pooler in between would take sessions' settings from it.
      disableConnectionPooling: true,
      disableEnvoy: true,
    },
    configurations: { sgPostgresConfig: inside.config },
    managedSql: { scripts: [{ id: scriptId, sgScript: inside.script }] },
    // In production's profile no two pods of StackGres may share a node, be it another instance's.
    nonProductionOptions: { disableClusterPodAntiAffinity: true },
  });
  const annotations = { ...ownersOwn(composite.metadata.annotations), [appliedAnnotation]: writeApplied(applied) };
  return { ...made, metadata: { ...made.metadata, annotations } };
}

function named({ name, version }: { name: string; version?: string }): Record<string, string> {
  return version === undefined ? { name } : { name, version };
}
