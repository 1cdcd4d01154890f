/** What the claim's owner sees of their SGCluster: also where its operator says nothing. */
import { conditionOf, isTrue } from '../../../cluster/ready.ts';
import type { CompositionCondition } from '../../../composition.ts';
import type { Parameters } from '../../parameters.ts';
import { endOfLifeOf } from '../../versions/end-of-life.ts';
import { majorOf } from '../../versions/versions.ts';
import { maintenanceMessage } from '../pending.ts';
import type { PendingChange } from '../postgres-server.ts';
import { scriptId, type SgCluster } from './kinds.ts';

export function statusOf(
  cluster: SgCluster | undefined,
  { wanted, endpoint, pending }: { wanted: Parameters; endpoint: string; pending: PendingChange[] },
): Record<string, unknown> {
  const version = isUp(cluster) ? cluster?.status?.postgresVersion : undefined;
  return {
    ...(version === undefined ? {} : { version, endOfLife: endOfLifeOf(majorOf(version)), endpoint }),
    ...(cluster ? { storage: { size: cluster.spec.pods.persistentVolume.size }, resources: { enforced: true } } : {}),
    ...(pending.length > 0 ? { pendingChanges: pending } : {}),
    maintenance: { message: maintenanceMessage(wanted) },
  };
}

/** The pods have come up once: before, the operator sets no condition of the kind. */
export function isUp(cluster: SgCluster | undefined): boolean {
  return isTrue(cluster?.status, 'Bootstrapped');
}

export function isWell(cluster: SgCluster | undefined): boolean {
  return isUp(cluster) && !isTrue(cluster?.status, 'Failed') && scriptOf(cluster)?.completedAt !== undefined;
}

export function clusterConditions(cluster: SgCluster | undefined): CompositionCondition[] {
  if (!cluster) return [];
  return [serverReady(cluster), ...restartPending(cluster)];
}

function serverReady(cluster: SgCluster): CompositionCondition {
  const type = 'ServerReady';
  const target = 'CompositeAndClaim' as const;
  if (isWell(cluster)) return { type, status: 'True', reason: 'Available', message: '', target: 'Composite' };
  const failed = conditionOf(cluster.status, 'Failed');
  if (failed?.status === 'True') {
    return { type, status: 'False', reason: failed.reason ?? 'Failed', message: failed.message ?? '', target };
  }
  const failure = scriptOf(cluster)?.scripts?.find(each => each.failure !== undefined)?.failure;
  if (failure !== undefined) return { type, status: 'False', reason: 'ScriptFailed', message: failure, target };
  const { name, namespace = '' } = cluster.metadata;
  const message = `StackGres has not brought the instance up yet. What it can't do it only says in events: if this lasts, ask the platform team to look at those of SGCluster "${name}" in namespace "${namespace}"`;
  return { type, status: 'Unknown', reason: 'NotReported', message, target };
}

function scriptOf(
  cluster: SgCluster | undefined,
): NonNullable<NonNullable<NonNullable<SgCluster['status']>['managedSql']>['scripts']>[number] | undefined {
  return cluster?.status?.managedSql?.scripts?.find(({ id }) => id === scriptId);
}

function restartPending(cluster: SgCluster): CompositionCondition[] {
  const pending = conditionOf(cluster.status, 'PendingRestart');
  if (pending?.status !== 'True') return [];
  const message =
    'The servers have to restart for changes that were made: set updatePolicy.apply to Immediate to let them.';
  return [{ type: 'UpToDate', status: 'False', reason: 'RestartPending', message, target: 'CompositeAndClaim' }];
}
