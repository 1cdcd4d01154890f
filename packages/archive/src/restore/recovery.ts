/** How a restored data directory is brought to the state that was asked for. Pure. */
import { parseLsn } from '../layout/lsn.ts';

export type RecoveryTarget =
  /** All that is in the archive. */
  | { kind: 'newest' }
  | { kind: 'time'; time: Date }
  | { kind: 'lsn'; lsn: string }
  | { kind: 'name'; name: string }
  /** As soon as the backup is consistent. */
  | { kind: 'immediate' };

export interface RecoveryOptions {
  /** With PostgreSQL's `%f` and `%p`. */
  restoreCommand: string;
  target: RecoveryTarget;
  /** @default latest */
  timeline?: number | 'latest' | 'current';
}

/** Settings for `postgresql.conf`; beside it the data directory needs an empty `recovery.signal`. */
export function recoverySettings({
  restoreCommand,
  target,
  timeline = 'latest',
}: RecoveryOptions): Record<string, string> {
  return {
    restore_command: restoreCommand,
    recovery_target_timeline: String(timeline),
    recovery_target_action: 'promote',
    ...targetSettings(target),
  };
}

function targetSettings(target: RecoveryTarget): Record<string, string> {
  switch (target.kind) {
    case 'newest':
      return {};
    case 'time':
      return {
        recovery_target_time: target.time.toISOString().replace('T', ' ').replace('Z', '+00'),
        recovery_target_inclusive: 'on',
      };
    case 'lsn':
      parseLsn(target.lsn);
      return { recovery_target_lsn: target.lsn, recovery_target_inclusive: 'on' };
    case 'name':
      return { recovery_target_name: target.name };
    case 'immediate':
      return { recovery_target: 'immediate' };
  }
}

/**
 * Whether the server ended because its log ended before the moment that was asked for. Nothing was committed after that moment then,
 * as far as the archive went: it may recover without a target, as long as its log ends at the same place.
 */
export function endedBeforeTarget(lastWords: string): boolean {
  return /recovery ended before configured recovery target was reached/.test(lastWords);
}

/** When the last transaction was committed that recovery replayed, as the server's log says; absent: it replayed none. */
export function lastReplayedCommit(log: string): Date | undefined {
  const found = [...log.matchAll(/last completed transaction was at log time ([0-9-]{10}) ([0-9:.]+)\+00$/gm)].at(-1);
  return found && new Date(`${found[1]}T${found[2]}Z`);
}
