/** Whether a change may begin now. Pure. */
import type { ChangePhase, Hold, PostgresChange, PostgresServer } from '@larder/catalog';

/** How many windows' work is done at once on a plane. */
const WINDOWS_AT_ONCE = 2;

export type Turn =
  | { kind: 'begin' }
  | { kind: 'wait'; message: string }
  | { kind: 'refused'; phase: Exclude<ChangePhase, 'Pending' | 'Running'>; message: string };

export interface TurnInput {
  change: PostgresChange;
  server: PostgresServer;
  /** Of the whole plane. */
  all: PostgresChange[];
  hold: Hold | undefined;
  /** RFC 3339 */
  now: string;
}

/** A second change of a server that its owner asks for is refused; a window's waits for its turn, as long as the window is open. */
export function turnOf({ change, server, all, hold, now }: TurnInput): Turn {
  const { operation, until } = change.spec;
  const isWindow = operation === 'Maintenance';
  if (until !== undefined && now >= until) {
    return { kind: 'refused', phase: 'Skipped', message: 'The window closed before its turn had come.' };
  }
  const ahead = all.find(other => other.spec.server === change.spec.server && isAhead(other, change));
  if (ahead && !isWindow) {
    const message = `${ahead.spec.operation} of this instance is ${ahead.status?.phase === 'Running' ? 'under way' : 'in line'}: ask again when it has ended, or cancel it`;
    return { kind: 'refused', phase: 'Failed', message };
  }
  if (hold && operation !== 'Vacuum') {
    const until = hold.until === undefined ? '' : ` until ${hold.until}`;
    return { kind: 'wait', message: `It waits${until}: ${hold.reason}.` };
  }
  if (isRestoring(server)) {
    return { kind: 'refused', phase: 'Failed', message: 'The instance is being restored: ask again when it is ready.' };
  }
  if (!isWindow) return { kind: 'begin' };
  if (ahead) return { kind: 'wait', message: `It waits for ${ahead.spec.operation} of this instance.` };
  const others = all.filter(({ spec, status }) => spec.operation === 'Maintenance' && status?.phase === 'Running');
  if (others.length < WINDOWS_AT_ONCE) return { kind: 'begin' };
  return { kind: 'wait', message: `It waits for its turn: ${others.length} instances are being maintained.` };
}

function isAhead(other: PostgresChange, change: PostgresChange): boolean {
  if (other.metadata.name === change.metadata.name) return false;
  const { phase = 'Pending' } = other.status ?? {};
  if (phase === 'Running') return true;
  if (phase !== 'Pending' || other.spec.operation === 'Maintenance') return false;
  // Who was seen waiting came first, whatever the second of its making.
  const seen = [other, change].map(({ status }) => status?.phase !== undefined);
  return seen[0] === seen[1] ? orderOf(other) < orderOf(change) : seen[0] === true;
}

function orderOf({ metadata }: PostgresChange): string {
  return `${metadata.creationTimestamp} ${metadata.name}`;
}

function isRestoring({ status }: PostgresServer): boolean {
  return (status?.conditions ?? []).some(({ type, reason }) => type === 'Ready' && /^Restor/.test(reason));
}
