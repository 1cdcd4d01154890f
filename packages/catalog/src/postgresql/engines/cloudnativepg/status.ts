/** What the claim's owner sees of their CloudNativePG cluster. */
import { conditionOf } from '../../../cluster/ready.ts';
import type { KubeObject } from '@larder/kube';
import type { CompositionCondition } from '../../../composition.ts';
import type { PlaneSettings } from '../../../cluster/settings.ts';
import type { Parameters } from '../../parameters.ts';
import { endOfLifeOf } from '../../versions/end-of-life.ts';
import { majorOf } from '../../versions/versions.ts';
import { maintenanceMessage } from '../pending.ts';
import type { PendingChange } from '../postgres-server.ts';
import { versionOfImage, type CnpgCluster } from './cluster-kinds.ts';

export interface StatusParts {
  cluster: CnpgCluster | undefined;
  wanted: Parameters;
  settings: PlaneSettings;
  endpoint: string;
  pending: PendingChange[];
  /** As a quantity. */
  storageSize: string;
}

export function statusOf({
  cluster,
  wanted,
  settings,
  endpoint,
  pending,
  storageSize,
}: StatusParts): Record<string, unknown> {
  const version = runningVersion(cluster, settings);
  const limited = wanted.limits.memoryBytes !== undefined || wanted.limits.milliCpu !== undefined;
  return {
    ...(version === undefined ? {} : { version, endOfLife: endOfLifeOf(majorOf(version)) }),
    ...(cluster?.status?.currentPrimary === undefined ? {} : { endpoint }),
    storage: { size: storageSize },
    ...(limited ? { resources: { enforced: true } } : {}),
    ...(pending.length > 0 ? { pendingChanges: pending } : {}),
    maintenance: { message: maintenanceMessage(wanted) },
  };
}

function runningVersion(cluster: CnpgCluster | undefined, { images }: PlaneSettings): string | undefined {
  const image = cluster?.status?.image ?? cluster?.status?.pgDataImageInfo?.image;
  return image === undefined ? undefined : versionOfImage(image, images);
}

/** What CloudNativePG says while all goes as it should: no trouble of the owner's. */
const starting = ['', 'Setting up primary', 'Creating a new replica', 'Waiting for the instances to become active'];

/**
 * The cluster's own word about itself: on the claim when it isn't well. Not while it starts: Crossplane never takes a condition off a
 * claim again, and one that is well has just Synced and Ready.
 */
export function clusterConditions(cluster: CnpgCluster | undefined): CompositionCondition[] {
  if (!cluster) return [];
  const ready = conditionOf(cluster.status, 'Ready');
  const { phase = '', phaseReason = '' } = cluster.status ?? {};
  const status = ready?.status ?? 'Unknown';
  const said = [phase, phaseReason].filter(text => text !== '').join(': ');
  return [
    {
      type: 'ServerReady',
      status,
      reason: ready?.reason ?? 'NotReported',
      message:
        status === 'True' ? '' : said || 'CloudNativePG has reported nothing yet: the Cluster waits for its operator.',
      target: status === 'True' || starting.includes(phase) ? 'Composite' : 'CompositeAndClaim',
    },
  ];
}

/** Whether the extensions are there. */
export function databaseConditions(database: KubeObject | undefined): CompositionCondition[] {
  const status = database?.status as { applied?: boolean; message?: string } | undefined;
  if (status?.applied === undefined) return [];
  return [
    {
      type: 'ExtensionsReady',
      status: status.applied ? 'True' : 'False',
      reason: status.applied ? 'Created' : 'NotCreated',
      message: status.applied ? '' : (status.message ?? ''),
      target: status.applied ? 'Composite' : 'CompositeAndClaim',
    },
  ];
}
