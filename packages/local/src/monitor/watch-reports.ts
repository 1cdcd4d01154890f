/** Tells which reports of the monitor process are new. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { MonitorPlace } from './place.ts';
import { reportsFolder, serverOfFile } from './orders.ts';

/** Between two looks (ms). The monitor reports each 15 seconds where there is news. */
const LOOK_MS = 5_000;

/** Ends after the signal aborted. What is there at the start is new. */
export async function watchReports(
  place: Pick<MonitorPlace, 'folder'>,
  isNew: (server: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const folder = reportsFolder(place);
  const seen = new Map<string, number>();
  while (!signal.aborted) {
    for (const [server, writtenAt] of reportsIn(folder)) {
      if (seen.get(server) !== writtenAt) isNew(server);
      seen.set(server, writtenAt);
    }
    await delay(LOOK_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

/** Servers, and when their reports were written (ms since 1970). */
function reportsIn(folder: string): [string, number][] {
  try {
    return readdirSync(folder).flatMap(name => {
      const server = serverOfFile(name);
      const writtenAt = statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs;
      return server === undefined || writtenAt === undefined ? [] : [[server, writtenAt]];
    });
  } catch {
    return []; // nobody has reported yet
  }
}
