/** How long a deletion waits for a server that doesn't answer: it never hangs on one. */
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
