/**
 * Keeps one process of ours running that outlives the plane: adopts the one that is there, starts one where there is none, and looks
 * after it as long as the plane lives. One of another version is replaced, which its clients see as a connection to be made again.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@larder/controller';
import { describePortHolder } from '@larder/postgres';
import { findText } from '../home/files.ts';
import { endProcess } from './end.ts';
import { findProcessRecord, findServingProcess, type ServingProcess } from './record.ts';

export interface KeptProgram {
  /** As in `the storage process`. */
  name: string;
  command: string[];
  environment: Record<string, string>;
  /** Paths. Its working folder, by which it is found; its record; its log, and what it prints beside. */
  place: { folder: string; record: string; log: string; output: string };
  version: string;
  /** Makes the files that it reads: before the first start, and every hour. May run twice. */
  prepare(): Promise<void>;
  /** Whether one is to be started where there is none. @default always */
  isWanted?(): boolean;
  /** It serves. */
  started(serving: ServingProcess): void;
  /** What isn't done without it: `the buckets are not served`. */
  loss: string;
  /** What to do about somebody else on its port: `end that process, and …`. */
  portRemedy: string;
  log: Logger;
}

export interface KeptProcess {
  /** Resolves when it serves, or when the first try has failed: then it goes on trying. */
  first: Promise<void>;
  /** Why it doesn't serve, in words; empty when it does. */
  problem: () => string;
  /** Stops looking after it. The process goes on. */
  stop: () => Promise<void>;
}

/** How long a start may take (ms). */
const START_MS = 60_000;
/** How often `prepare` runs (ms). */
const PREPARE_MS = 3_600_000;
/** How often the process is looked at (ms). */
const LOOK_MS = 1_000;

/** Begins at once. */
export function keepProcess(program: KeptProgram): KeptProcess {
  const stopping = new AbortController();
  const { signal } = stopping;
  let problem = `the ${program.name} process is starting`;
  let prepareAt = 0;
  const look = async (): Promise<void> => {
    if (program.isWanted?.() === false) return;
    try {
      if (performance.now() >= prepareAt) {
        await program.prepare();
        prepareAt = performance.now() + PREPARE_MS;
      }
      await ensureRunning(program, signal);
      problem = '';
    } catch (error) {
      const { message } = error as Error;
      if (message !== problem) program.log.error(program.loss, { error: message });
      problem = message;
    }
  };
  const first = look();
  const watch = async (): Promise<void> => {
    for (await first; !signal.aborted; await look())
      await delay(LOOK_MS, undefined, { signal, ref: false }).catch(() => undefined);
  };
  const watching = watch();
  return {
    first,
    problem: () => problem,
    stop: async () => {
      stopping.abort();
      await watching;
    },
  };
}

/** May run twice. @throws Error that says why there is none */
async function ensureRunning(program: KeptProgram, signal: AbortSignal): Promise<void> {
  const { name, place, version, log } = program;
  if (signal.aborted) return;
  const serving = findServingProcess(place.record);
  if (serving?.version === version) return;
  if (serving) {
    log.info(`the ${name} process is replaced`, { from: serving.version, to: version });
    await endProcess(serving, { graceMs: 10_000 });
  }
  await start(program, signal);
  const started = findServingProcess(place.record);
  if (started) program.started(started);
}

async function start(program: KeptProgram, signal: AbortSignal): Promise<void> {
  const { name, place, command, environment } = program;
  const output = openSync(place.output, 'w', 0o600);
  const [executable, ...args] = command;
  const child = spawn(executable!, args, {
    cwd: place.folder,
    detached: true,
    env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C.UTF-8', ...environment },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  child.unref();
  let failed = false;
  // One that finds another at work ends well: then it is that one that will serve.
  child.once('exit', code => (failed = code !== 0));
  child.once('error', () => (failed = true));
  for (const deadline = performance.now() + START_MS; !findServingProcess(place.record); await delay(20)) {
    if (signal.aborted) return;
    if (failed) throw new Error(whyEnded(program));
    if (performance.now() > deadline) throw new Error(`the ${name} process doesn't serve; see "${place.log}"`);
  }
}

function whyEnded({ name, place, portRemedy }: KeptProgram): string {
  const lines = findText(place.output)?.trim().split('\n') ?? [];
  const said = lines.findLast(line => /Error/.test(line)) ?? lines.at(-1) ?? '';
  const port = findProcessRecord(place.record)?.port;
  const holder = port === undefined ? 'somebody' : describePortHolder(port);
  const remedy = said.includes('EADDRINUSE') ? `; ${holder} has its port, ${portRemedy}` : '';
  return `the ${name} process ended: ${said === '' ? `see "${place.log}"` : said}${remedy}`;
}
