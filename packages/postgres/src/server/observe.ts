/** What runs in a data directory, by what the kernel and `postmaster.pid` agree on. Reads only. */
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, observeProcess, processesIn, type ProcessFacts, type ProcessRef } from '../host/process.ts';
import { readPostmasterFile, type PostmasterFile } from './postmaster-file.ts';

export type ServerState =
  /** No server. `stalePid` is what a dead one left in its file, `stolen` when another program has that id now. */
  | { kind: 'stopped'; stalePid?: number; stolen?: boolean }
  /** The server died, but some of its processes still run, with its shared memory. */
  | { kind: 'orphaned'; processes: ProcessRef[] }
  | { kind: 'running'; process: ProcessRef; status: PostmasterFile['status']; executable: string };

export interface ServerPlace {
  data: string;
  /** Whose processes and files these must be. */
  uid: number;
  /** The process that was started last, as it was recorded. */
  recorded?: ProcessRef;
}

/** How far a start by the clock may lie from the start in `postmaster.pid`, in seconds. */
const CLOCK_TOLERANCE = 3;

export async function observeServer(place: ServerPlace): Promise<ServerState> {
  const file = await readPostmasterFile(place.data, place.uid);
  const found = file && observeProcess(file.pid);
  if (file && found && isServer(found, file, place)) {
    const { pid, startTicks, bootId, executable = '' } = found;
    return { kind: 'running', process: { pid, startTicks, bootId }, status: file.status, executable };
  }
  const recorded = runningRecorded(place);
  if (recorded) return recorded;
  const processes = processesIn(realFolder(place.data), place.uid).filter(({ executable = '' }) =>
    isPostgres(executable),
  );
  if (processes.length > 0) return { kind: 'orphaned', processes };
  return { kind: 'stopped', ...(file ? { stalePid: file.pid, stolen: found !== undefined } : {}) };
}

/** A server that was started a moment ago has no file yet; one whose file somebody removed still runs. */
function runningRecorded({ data, uid, recorded }: ServerPlace): ServerState | undefined {
  if (!recorded || !isAlive(recorded)) return undefined;
  const found = observeProcess(recorded.pid);
  if (!found || found.uid !== uid || !isPostgres(found.executable ?? '')) return undefined;
  if (found.folder !== realFolder(data)) return undefined;
  return { kind: 'running', process: recorded, status: 'starting', executable: found.executable ?? '' };
}

function isServer(found: ProcessFacts, file: PostmasterFile, { data, uid, recorded }: ServerPlace): boolean {
  if (found.uid !== uid || found.folder !== realFolder(data) || !isPostgres(found.executable ?? '')) return false;
  const same =
    recorded?.pid === found.pid && recorded.startTicks === found.startTicks && recorded.bootId === found.bootId;
  return same || Math.abs(found.startedAt - file.startedAt) <= CLOCK_TOLERANCE;
}

function isPostgres(executable: string): boolean {
  return executable.endsWith(join('/bin', 'postgres'));
}

function realFolder(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
