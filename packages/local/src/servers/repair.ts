/** What the plane had to put right on a server and its owner should know: told for a while, since somebody did it, and may wonder. */
import { unwell, type Finding } from './status.ts';
import type { Work } from './work.ts';

/** How long it stays on the object. */
const TOLD_MS = 10 * 60_000;

export function noteRepair({ plane, object, memory }: Work, what: string): void {
  memory.repaired = { what, until: performance.now() + TOLD_MS };
  plane.events.record(object, { type: 'Warning', reason: 'OwnerMadeAgain', message: what });
}

export function repairFindings({ memory }: Pick<Work, 'memory'>): Finding[] {
  if (!memory.repaired || performance.now() > memory.repaired.until) return [];
  return [unwell('OwnerIntact', 'OwnerMadeAgain', memory.repaired.what)];
}
