/**
 * Decides which changes of an instance take effect now, and which wait because they interrupt connections. Both planes use it, for what
 * runs as for a preview of what nobody has written yet. It never says "now" to an interruption that neither policy nor approval allows.
 */
import { VERSION_FIELD, type Change, type Setup } from './change.ts';
import { fieldChanges } from './fields.ts';
import { settingChanges, versionChanges } from './server-changes.ts';

/** A change that waits. */
export interface WaitingChange extends Change {
  /** RFC 3339, or what it waits for in words. */
  when: string;
}

/** A maintenance window: the one that is open, else the next. RFC 3339 in UTC, with milliseconds. */
export interface Window {
  opens: string;
  closes: string;
}

/** Nothing that interrupts may happen, whoever asks. */
export interface Hold {
  reason: string;
  until?: string;
}

/** What somebody, or an open window, lets happen now. */
export interface Approval {
  /** Settings that need a restart. */
  settings?: boolean;
  /** Exactly this version. */
  version?: string;
}

export interface RolloutPolicy {
  /** `updatePolicy.apply`. */
  apply: 'Scheduled' | 'Immediate' | 'Manual';
  window?: Window;
  hold?: Hold;
  approvals: Approval[];
  /** RFC 3339 in UTC, with milliseconds. */
  now: string;
}

export interface RolloutInput extends RolloutPolicy {
  requested: Setup;
  running: Setup;
}

export interface Rollout {
  /** In the order of their fields. */
  now: Change[];
  pending: WaitingChange[];
}

export function planRollout({ requested, running, ...policy }: RolloutInput): Rollout {
  const changes = [
    ...versionChanges(running, requested),
    ...settingChanges(running, requested),
    ...fieldChanges(running.parameters ?? {}, requested.parameters ?? {}),
  ];
  return {
    now: changes.filter(change => mayHappen(change, policy)),
    pending: changes
      .filter(change => !mayHappen(change, policy))
      .map(change => ({ ...change, when: whenOf(change, policy) })),
  };
}

/** Whether it may take effect now. What interrupts nobody always may. */
export function mayHappen(
  { needs, field, to }: Pick<Change, 'needs' | 'field' | 'to'>,
  policy: RolloutPolicy,
): boolean {
  if (needs === 'Nothing' || needs === 'Reload') return true;
  if (policy.hold) return false;
  const approved = policy.approvals.some(({ settings, version }) =>
    field === VERSION_FIELD ? version === to : settings === true,
  );
  // A new server is an operation of many steps, and never a side effect of reconciling.
  return approved || (needs === 'Restart' && policy.apply === 'Immediate');
}

/** When it will happen, as far as anybody knows. */
export function whenOf({ needs }: Pick<Change, 'needs'>, { apply, window, hold, now }: RolloutPolicy): string {
  if (hold)
    return hold.until === undefined ? `when the stop ends: ${hold.reason}` : `after ${hold.until}: ${hold.reason}`;
  const word = `when you say so: larder ${needs === 'NewServer' ? 'upgrade' : 'apply-pending'}, or a PostgreSQLOperation`;
  if (apply === 'Manual') return word;
  if (apply === 'Immediate') return 'now';
  if (!window) return word;
  return window.opens <= now ? `in the window that is open until ${window.closes}` : window.opens;
}
