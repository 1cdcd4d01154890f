/** Starting and ending a server's processes, and what is learned when one dies by itself. */
import { readFile } from 'node:fs/promises';
import {
  observeServer,
  processesIn,
  readUntrusted,
  signalProcess,
  startServer,
  stopServer,
  waitUntilReady,
} from '@larder/postgres';
import { ensureSocketFolder, unchangedSettings, wantedSettings, writeConfiguration } from './files.ts';
import { admission } from './limits.ts';
import { endOfLog } from './logs.ts';
import { uidOf } from './observe.ts';
import { provideBinaries, recorded } from './prepare.ts';
import { findRecord, writeRecord, type InstanceRecord } from './record.ts';
import { NotReadyError, type Work } from './work.ts';

/** How long a reconcile waits for a server that recovers; after that it comes back. */
const READY_MS = 30_000;

export interface StartAs {
  /** @default what ran before; where that is on offer no more, what may run now */
  version?: string;
  /** @default all that is wanted where that may be, else as before */
  settingsFor?: (work: Work, record: InstanceRecord) => Record<string, string>;
}

/** Starts the server, and waits until it takes connections. @throws NotReadyError when it doesn't */
export async function startInstance(work: Work, as: StartAs = {}): Promise<InstanceRecord> {
  const { place, object, memory, plane } = work;
  const before = await findRecord(place);
  if (!before) throw new Error(`cannot start ${object.metadata.name}: it has no record`);
  const version = as.version ?? (await usualVersion(work, before));
  const binaries = await provideBinaries(work, version, before.binaries);
  const settings = (as.settingsFor ?? startSettings)(work, before);
  await writeConfiguration(work, before, settings);
  const stale = await stalePid(work, before);
  const started = await startServer({
    bin: binaries.bin,
    data: place.data,
    configuration: place.configuration,
    socketFolder: await ensureSocketFolder(work, before),
    port: before.port,
    account: before.account ?? undefined,
    startLog: place.startLog,
    admit: await admission(work),
    ...(stale === undefined ? {} : { notAServer: stale }),
  });
  memory.process = started.process;
  memory.startedAt = performance.now();
  const record = await writeRecord(place, {
    ...before,
    binaries: recorded(binaries),
    process: started.process,
    settings,
  });
  const end = started.exited.catch((error: Error) => error.message);
  const readiness = await waitUntilReady(
    { data: place.data, uid: uidOf(record), process: started.process },
    { timeoutMs: READY_MS, exited: end, signal: plane.signal },
  );
  if (readiness === 'dead') throw await startFailed(work, record, await end);
  if (readiness === 'starting') throw new NotReadyError('Recovering', RECOVERING, 2_000);
  memory.startFailed = false;
  return record;
}

/** A newer version comes with a restart that is made for it, not with the start after an accident. */
async function usualVersion({ leave, plane }: Work, { binaries }: InstanceRecord): Promise<string> {
  const offers = await plane.offers();
  return offers.some(({ version }) => version === binaries?.version) ? (binaries?.version ?? '') : leave.version;
}

/** All that is wanted where that is allowed, or where nothing has run yet; otherwise what ran before. */
function startSettings(work: Work, record: InstanceRecord): Record<string, string> {
  const fresh = record.settings === undefined || record.firstPassword !== undefined || work.memory.startFailed;
  if (fresh || work.leave.settings) return wantedSettings(work, record);
  return unchangedSettings(work, record);
}

export const RECOVERING = 'the server recovers what was written last before it ended; it takes connections after that';

/** Ends the server: at once where it hangs, since its WAL has everything. */
export async function stopInstance({ place, memory }: Work, record: InstanceRecord): Promise<void> {
  const server = await observeServer({ data: place.data, uid: uidOf(record), recorded: record.process });
  if (server.kind !== 'running') return;
  memory.judged = server.process.startTicks;
  await stopServer(server.process, record.account ?? undefined);
}

/** Ends what a dead server left behind; they hold its memory, and a new server would refuse to start beside them. */
export async function endOrphans({ place, memory }: Work, record: InstanceRecord): Promise<void> {
  const signal = performance.now() - memory.startedAt > 30_000 ? 'KILL' : 'TERM';
  for (const process of processesIn(place.data, uidOf(record))) {
    await signalProcess(process, signal, record.account ?? undefined);
  }
}

/** The id in a dead server's file, where another program has it now: the server must be told that it isn't a server. */
async function stalePid({ place }: Work, record: InstanceRecord): Promise<number | undefined> {
  const content = await readUntrusted(place.folder, 'data/postmaster.pid', { uid: uidOf(record) });
  const pid = Number(content?.toString('latin1').split('\n')[0]);
  return Number.isInteger(pid) && pid > 1 ? pid : undefined;
}

async function startFailed(work: Work, record: InstanceRecord, how: string): Promise<NotReadyError> {
  const cause = (await lastWords(work, record)) ?? 'it said nothing';
  work.memory.startFailed = true;
  work.memory.judged = record.process?.startTicks;
  noteFailure(work);
  return new NotReadyError('StartFailed', `the server ${how} at its start: ${cause}`, holdOff(work));
}

/** A server that died soon after its start waits longer for the next one each time. */
export function noteFailure({ memory }: Work): void {
  const early = performance.now() - memory.startedAt < 60_000;
  memory.failures = early ? memory.failures + 1 : 1;
  const pause = memory.failures <= 1 ? 0 : Math.min(60_000, 500 * 2 ** (memory.failures - 1));
  memory.notBefore = performance.now() + pause;
}

export function holdOff({ memory }: Pick<Work, 'memory'>): number {
  return Math.max(0, Math.ceil(memory.notBefore - performance.now()));
}

const COMPLAINT = / (FATAL|PANIC): |was terminated by signal|outside the valid range|invalid value for parameter/;

/** The server's own last complaint. Statements and their details are left out: they may hold secrets. */
export async function lastWords({ place }: Work, record: InstanceRecord): Promise<string | undefined> {
  const start = await readFile(place.startLog, 'utf8').catch(() => '');
  const log = await endOfLog(place, uidOf(record));
  const lines = `${start}\n${log}`.split('\n').filter(line => COMPLAINT.test(line));
  // What is wrong with a configuration stands in the line before the one that gives up.
  const last = /contains errors/.test(lines.at(-1) ?? '') ? (lines.at(-2) ?? lines.at(-1)) : lines.at(-1);
  if (last === undefined) return undefined;
  const words = last.replace(/^.*?(FATAL|PANIC|LOG): +/, '').replace(/[^\x20-\x7e]/g, '?');
  return words.slice(0, 300);
}

/** Whether its log ends with an orderly shutdown that somebody asked for. */
export async function wasAskedToStop({ place }: Work, record: InstanceRecord): Promise<boolean> {
  const log = await endOfLog(place, uidOf(record));
  const life = log.split('database system is ready to accept connections').at(-1) ?? '';
  return /received (fast|smart) shutdown request[^]*database system is shut down/.test(life);
}
