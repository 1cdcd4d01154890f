/** Changes that wait, and what their owner can do about it: the same words on every plane. */
import type { Parameters } from '../parameters.ts';
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

export function whenOf(apply: Parameters['apply']): string {
  return apply === 'Immediate' ? 'now' : 'when updatePolicy.apply is set to Immediate';
}

export function maintenanceMessage({ securityUpdates, apply }: Parameters): string {
  const nothing = `No maintenance window acts on updatePolicy.securityUpdates "${securityUpdates}" yet`;
  return apply === 'Immediate'
    ? `${nothing}; updatePolicy.apply is Immediate, so changes that interrupt connections happen at once.`
    : `${nothing}: changes that interrupt connections wait until updatePolicy.apply is Immediate.`;
}
