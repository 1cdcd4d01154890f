/** How long is waited for a server: a deletion never hangs on one, and what lasts is tried less and less often. */
import { conditionsOf } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import type { TroubleError } from './access/trouble.ts';
import type { SqlContext } from './context.ts';

export const PATIENCE_MS = 20_000;

/** Whether the object should be tried again before what couldn't be undone is given up. */
export function isWorthWaiting(
  { now }: Pick<SqlContext, 'now'>,
  { metadata }: KubeObject,
  trouble: TroubleError,
): boolean {
  if (!trouble.transient || trouble.reason === 'SecretMissing') return false;
  return now().getTime() - Date.parse(metadata.deletionTimestamp ?? '') < PATIENCE_MS;
}

const LONGEST_MS = 60_000;

/** When to try again what waiting can help: a quarter of the time that it has lasted, so that broken servers cost others nothing. */
export function retryIn(
  { now }: Pick<SqlContext, 'now'>,
  object: KubeObject,
  { reason, retryMs }: TroubleError,
): number {
  const found = conditionsOf(object).find(({ type }) => type === 'Ready');
  const since = found?.status === 'False' && found.reason === reason ? found.lastTransitionTime : undefined;
  const lasted = since === undefined ? 0 : now().getTime() - Date.parse(since);
  return Math.max(retryMs, Math.min(LONGEST_MS, lasted / 4));
}
