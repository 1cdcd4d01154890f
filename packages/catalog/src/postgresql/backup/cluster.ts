/**
 * Backups on a cluster: not made yet. A wish for them is refused, and an instance whose owner wrote nothing about them says that it has
 * none: on the composite and in the status. Not as a condition of the claim: Crossplane never takes one off a claim again.
 */
import type { ClusterEngine, EngineRequest, EngineResponse } from '../../cluster/engine.ts';
import type { Refused } from '../refused.ts';
import { readBackup, type BackupWish } from './wish.ts';

const why = 'Backups are not made on clusters yet';

export function refuseBackups({ given, enabled }: BackupWish): Refused[] {
  if (!given || !enabled) return [];
  const because =
    'can not be had, since backups are not made on clusters yet: leave backup out, or set backup.enabled to false';
  return [{ reason: 'BackupNotPossible', field: 'backup.enabled', value: 'true', because }];
}

/** A restore takes backups. */
export function refuseRestore(wish: Record<string, string> | undefined): Refused[] {
  if (!wish) return [];
  const [[field = '', value = ''] = []] = Object.entries(wish);
  const because = 'can not be had, since there are no backups on clusters yet: leave restore out';
  return [{ reason: 'RestoreNotPossible', field: `restore.${field}`, value, because }];
}

/** The engine, saying of its instances that they have no backups. */
export function withoutBackups(engine: ClusterEngine): ClusterEngine {
  return { ...engine, compose: request => told(request, engine.compose(request)) };
}

function told({ composite }: EngineRequest, response: EngineResponse): EngineResponse {
  const { enabled } = readBackup(composite);
  const message = enabled ? `${why}: keep copies of your own.` : 'No backups are made: backup.enabled is false.';
  const status = { ...response.status, backup: { enabled: false, message } };
  if (!enabled) return { ...response, status };
  const condition = { type: 'BackupHealthy', status: 'False', reason: 'NotMade', message } as const;
  return { ...response, status, conditions: [...response.conditions, { ...condition, target: 'Composite' }] };
}
