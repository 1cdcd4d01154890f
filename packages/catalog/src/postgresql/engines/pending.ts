/** Changes that wait, and what their owner can do about it: the same words on every plane. */
import type { Parameters } from '../parameters.ts';
import { sizedBy } from '../sizing.ts';
import type { PendingChange } from './postgres-server.ts';

/** A newer minor version that waits. */
export function pendingUpgrade({ from, to }: { from: string; to: string }, { apply }: Parameters): PendingChange {
  return {
    field: 'spec.parameters.updatePolicy.version',
    from,
    to,
    needs: 'Restart',
    why: 'The server restarts on the binaries of the new version.',
    when: whenOf(apply),
  };
}

/**
 * A setting that waits, with the values that it has and will have. One that nobody set, or nobody sets any more, follows from a size:
 * which one is said beside, since its own values would tell nothing of this change.
 */
export function pendingSetting(name: string, { settings }: Parameters): { field: string; follows: string } {
  const own = Object.keys(settings).find(key => key.toLowerCase() === name.toLowerCase());
  const size = own === undefined ? sizedBy[name] : undefined;
  return {
    field: `spec.parameters.settings.${own ?? name}`,
    follows: size === undefined ? '' : `not being set, it follows from spec.parameters.${size}`,
  };
}

export function whenOf(apply: Parameters['apply']): string {
  return apply === 'Immediate' ? 'now' : 'when updatePolicy.apply is set to Immediate';
}

export function maintenanceMessage({ securityUpdates, window, timeZone, apply }: Parameters): string {
  const how = window === '1h' && timeZone === 'UTC' ? '' : ` (${window}, ${timeZone})`;
  const nothing = `No maintenance window acts on updatePolicy.securityUpdates "${securityUpdates}"${how} yet`;
  return apply === 'Immediate'
    ? `${nothing}; updatePolicy.apply is Immediate, so changes that interrupt connections happen at once.`
    : `${nothing}: changes that interrupt connections wait until updatePolicy.apply is Immediate.`;
}
