/** Turning a bucket's keys: a new text in an annotation asks for new ones, and the Secret says for which text it has them. */
import type { KubeObject } from '@larder/kube';

/** On the bucket's claim, as on a user's. */
export const ROTATE = 'larder.dev/rotate';

/** On an instance's claim, whose backups' keys are meant. */
export const ROTATE_BACKUP_KEYS = 'larder.dev/rotate-backup-keys';

/** On the Secret: the text for which its key was made, and when that was. */
const ROTATED = 'local.larder.dev/rotated';
const ROTATED_AT = 'local.larder.dev/rotated-at';

/** Whether the Secret's key is to be replaced. One without the text has the key that its object began with. */
export function isRotationDue(secret: KubeObject | undefined, wish: string | undefined): boolean {
  return secret !== undefined && wish !== undefined && secret.metadata.annotations?.[ROTATED] !== wish;
}

/** The Secret's annotations once its key was made for that text. */
export function rotatedAnnotations(
  annotations: Record<string, string> | undefined,
  wish: string | undefined,
  now: Date,
): Record<string, string> {
  if (wish === undefined) return { ...annotations };
  return { ...annotations, [ROTATED]: wish, [ROTATED_AT]: now.toISOString() };
}

/** When the Secret's key was turned last; `undefined` when never. */
export function rotatedAt(secret: KubeObject | undefined): Date | undefined {
  const time = Date.parse(secret?.metadata.annotations?.[ROTATED_AT] ?? '');
  return Number.isNaN(time) ? undefined : new Date(time);
}
