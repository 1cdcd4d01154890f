/**
 * The process of one drill. The order is the first line on its standard input; when that is closed, the plane is gone, and it ends. Whatever
 * happens, it takes along what it made: server, folder, memory.
 */
import { rm } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ControlGroups } from '@larder/postgres';
import { openLimits } from '../../servers/limits.ts';
import { endLeftovers } from '../../servers/restore/perform.ts';
import { holdDrill } from './hold.ts';
import { DRILL_GROUP, STAGING, type DrillLine, type DrillOrder } from './protocol.ts';

/** Applications go first; what it starts is as modest. */
setPriority(10);

const ending = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ending.abort(new Error('ended')));
process.stdout.on('error', () => undefined);

const lines = createInterface({ input: process.stdin });
lines.once('close', () => ending.abort(new Error('the plane has ended')));
lines.once('line', text => void work(JSON.parse(text) as DrillOrder));

async function work(order: DrillOrder): Promise<void> {
  const tell = telling();
  // What a session waits for ends with its server.
  ending.signal.addEventListener('abort', () => void endServer(order).catch(() => undefined), { once: true });
  const groups = await openLimits({ folder: order.home });
  try {
    const admit = await admission(groups, order);
    const found = await holdDrill({ order, tell, admit, signal: ending.signal });
    await throwAway(order, groups);
    say({ done: found });
  } catch (error) {
    await throwAway(order, groups).catch(() => undefined);
    say({ failed: (error as Error).message });
  }
  lines.close();
  process.stdin.destroy();
}

/** The limits of the server whose backup it is. Where they can't be had, the server itself has none. */
async function admission(groups: ControlGroups, { limits }: DrillOrder): Promise<(pid: number) => Promise<void>> {
  const held = await groups.limit(DRILL_GROUP, limits).then(
    () => true,
    () => false,
  );
  return async pid => {
    if (held) await groups.join(DRILL_GROUP, pid).catch(() => undefined);
  };
}

function endServer({ folder, account }: DrillOrder): Promise<void> {
  return endLeftovers({ staging: join(folder, STAGING), account });
}

async function throwAway(order: DrillOrder, groups: ControlGroups): Promise<void> {
  await endServer(order);
  for (const path of [order.socketFolder, order.folder]) await rm(path, { recursive: true, force: true });
  await groups.remove(DRILL_GROUP);
}

const BETWEEN_WORDS_MS = 500;

/** Says what is being done, now and then, and the last word in any case. */
function telling(): (progress: string) => void {
  let said = { progress: '', at: -Infinity };
  let latest = '';
  let due: NodeJS.Timeout | undefined;
  const flush = (): void => {
    due = undefined;
    if (latest === said.progress) return;
    said = { progress: latest, at: performance.now() };
    say({ progress: latest });
  };
  return progress => {
    latest = progress;
    due ??= setTimeout(flush, Math.max(0, said.at + BETWEEN_WORDS_MS - performance.now())).unref();
  };
}

function say(line: DrillLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
