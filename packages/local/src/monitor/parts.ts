/** All parts of the monitor process beside measuring. */
import type { MonitorContext, MonitorPart, StartPart } from './part.ts';
import { startWatchingOver } from './watch-over.ts';

const starts: readonly StartPart[] = [startWatchingOver];

export function startParts(context: MonitorContext): MonitorPart[] {
  return starts.map(start => start(context));
}
