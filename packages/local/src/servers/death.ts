/** Servers that died by themselves: noticed once each, told to the owner, started again with a pause that grows. */
import { bootId } from '@larder/postgres';
import { unwell, type Finding } from './status.ts';
import type { Observed } from './plan.ts';
import { lastWords, noteFailure, wasAskedToStop } from './start.ts';
import type { Work } from './work.ts';

/** How long a death stays on the object. */
const TOLD_MS = 10 * 60_000;

/** Takes note of a server that ran and doesn't any more, unless it was ended on purpose or with the whole machine. */
export async function noteDeath(work: Work, { server, record }: Observed): Promise<void> {
  const { memory, plane, object } = work;
  const process = record?.process;
  if (server.kind === 'running' || !process || memory.judged === process.startTicks) return;
  memory.judged = process.startTicks;
  if (process.bootId !== bootId()) return;
  // As larder down --databases does, or whoever switches the machine off.
  if (await wasAskedToStop(work, record)) return;
  const cause = (await lastWords(work, record)) ?? 'it left no message: it was killed, or the machine lacked memory';
  noteFailure(work);
  memory.death = { cause, until: performance.now() + TOLD_MS };
  plane.log.error('server died', { server: object.metadata.name, cause });
  plane.events.record(object, { type: 'Warning', reason: 'ServerDied', message: `the server died: ${cause}` });
}

/** What happens next to a server that is down is Ready's to say: it isn't started on damaged data, for one. */
export function deathFindings({ memory }: Pick<Work, 'memory'>, server: 'up' | 'down'): Finding[] {
  if (!memory.death || performance.now() > memory.death.until) return [];
  const what = server === 'up' ? 'the server died and was started again by the plane' : 'the server died';
  return [unwell('Stable', 'ServerDied', `${what}; its last words: ${memory.death.cause}`)];
}
