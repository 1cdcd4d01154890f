/**
 * Starts the plane detached. The new process tells over a pipe when it serves, or why it can't; whoever started it may go meanwhile.
 * Two at once end well: the lock lets one of them be the plane, and the other waits for it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Home } from '../home/home.ts';
import type { ListenWish } from '../plane/listen.ts';
import { findRunningPlane, type PlaneRecord } from '../plane/record.ts';

export interface StartOptions {
  /** Program and arguments that run the plane in the foreground, e.g. node and the path of `larder up --foreground`. */
  command: string[];
  /** Taken instead of a free one; in use is an error. */
  apiPort?: number;
  /** Where servers listen beside loopback. @default as last time */
  listen?: ListenWish;
  /** How long it may take to serve (ms). @default 60_000 */
  timeoutMs?: number;
  /** What the plane's process finds in its environment. @default ours */
  environment?: NodeJS.ProcessEnv;
}

/** What a plane in the foreground writes on its pipe, once. */
export type Announcement = { serving: PlaneRecord } | { failed: string } | { alreadyRunning: true };

/** The environment variable that names the pipe's descriptor. */
export const ANNOUNCE_FD = 'LARDER_ANNOUNCE_FD';

/** A plane that serves: the one that runs already, or a new one. May run twice. */
export async function startDetached(
  home: Home,
  options: StartOptions,
): Promise<{ record: PlaneRecord; alreadyRan: boolean }> {
  const deadline = performance.now() + (options.timeoutMs ?? 60_000);
  const running = findRunningPlane(home);
  if (running) return { record: await untilServing(home, deadline), alreadyRan: true };
  const said = await announcementOf(spawnPlane(home, { ...options, command: small(options.command) }), deadline);
  if ('alreadyRunning' in said) return { record: await untilServing(home, deadline), alreadyRan: true };
  if ('failed' in said) throw new Error(`cannot start the plane: ${said.failed}`);
  return { record: said.serving, alreadyRan: false };
}

function spawnPlane(home: Home, options: StartOptions): ChildProcess {
  mkdirSync(home.logs, { recursive: true, mode: 0o700 });
  const output = openSync(outputOf(home), 'w', 0o600);
  const [program, ...args] = options.command;
  const child = spawn(program!, [...args, ...wishesOf(options)], {
    cwd: home.folder,
    detached: true,
    env: { ...(options.environment ?? process.env), ...FRUGAL, LARDER_HOME: home.folder, [ANNOUNCE_FD]: '3' },
    stdio: ['ignore', output, output, 'pipe'],
  });
  closeSync(output);
  child.unref();
  return child;
}

function wishesOf({ apiPort, listen }: StartOptions): string[] {
  const wishes = { '--api-port': apiPort, '--listen': listen?.address, '--endpoint': listen?.endpoint };
  return Object.entries(wishes).flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)]));
}

/** What the process prints that isn't its log: a crash before it has one. */
function outputOf(home: Home): string {
  return join(home.logs, 'plane.out');
}

async function announcementOf(child: ChildProcess, deadline: number): Promise<Announcement> {
  const pipe = child.stdio[3] as Readable;
  const timer = setTimeout(() => pipe.destroy(new Error('timeout')), deadline - performance.now());
  let text = '';
  try {
    for await (const chunk of pipe) text += String(chunk);
    return text === '' ? { failed: 'it ended before it served; see larder logs' } : (JSON.parse(text) as Announcement);
  } catch {
    return { failed: `it didn't serve in time; process ${child.pid} goes on, see larder logs and larder status` };
  } finally {
    clearTimeout(timer);
    pipe.destroy();
  }
}

/** glibc keeps what was freed, in as many arenas as there are threads, and the more so the larger it was. */
const FRUGAL = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };

/** What is young in V8's heap lies in three spaces of so many MB: the usual 16 cost a plane more memory than they save time. */
function small([program = '', ...args]: string[]): string[] {
  return program === process.execPath ? [program, '--max-semi-space-size=4', ...args] : [program, ...args];
}

/** The last words of a plane that never got as far as its log. */
export function findOutput(home: Home): string {
  try {
    return readFileSync(outputOf(home), 'utf8').trim();
  } catch {
    return '';
  }
}

async function untilServing(home: Home, deadline: number): Promise<PlaneRecord> {
  for (;;) {
    const record = findRunningPlane(home);
    if (record?.phase === 'serving') return record;
    if (performance.now() > deadline)
      throw new Error(
        record
          ? `cannot start the plane: process ${record.pid} has been starting for too long; see larder logs, or end it with larder down`
          : `cannot start the plane: another process keeps "${home.lock}" locked but doesn't serve; see larder status`,
      );
    await delay(50);
  }
}
