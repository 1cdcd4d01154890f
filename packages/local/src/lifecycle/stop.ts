/** Stops the plane, and on request what it left running: found by where it runs and what it is, so that a killed or half-made plane's are found too. */
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, sep } from 'node:path';
import type { Home } from '../home/home.ts';
import { findRunningPlane } from '../plane/record.ts';
import { endProcess } from '../process/end.ts';
import { executableOf, findProcess, folderOf, type ProcessIdentity } from '../process/identity.ts';

/** Ends the plane; databases and running jobs go on. `undefined` when none ran. May run twice. */
export async function stopPlane(home: Home): Promise<ProcessIdentity | undefined> {
  const plane = findRunningPlane(home);
  if (!plane) return undefined;
  await endProcess(plane, { signal: 'SIGTERM', graceMs: 15_000 });
  return plane;
}

export interface OwnProcess extends ProcessIdentity {
  /** `server`: a PostgreSQL postmaster; `job`: a Job's container. */
  kind: 'server' | 'job';
  /** The folder of the instance or job. */
  folder: string;
}

/** The servers and jobs of this home that run now. A process is ours when both its program and its working folder say so. */
export function findOwnProcesses(home: Home): OwnProcess[] {
  const all = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number);
  const known = all.flatMap(pid => ownProcess(home, pid) ?? []);
  const pids = new Set(known.map(found => found.pid));
  // A postmaster's children work in the same folder and end with it.
  return known.filter(found => !pids.has(parentOf(found.pid) ?? 0));
}

/** Ends every server (fast shutdown: transactions roll back, nothing is lost) and job of this home. */
export async function stopOwnProcesses(home: Home): Promise<OwnProcess[]> {
  const running = findOwnProcesses(home);
  await Promise.all(
    running.map(found => endProcess(found, found.kind === 'server' ? { signal: 'SIGINT', graceMs: 60_000 } : {})),
  );
  return running;
}

function ownProcess(home: Home, pid: number): OwnProcess | undefined {
  const folder = folderOf(pid);
  const program = executableOf(pid);
  if (folder === undefined || program === undefined) return undefined;
  const kind =
    within(home.instances, folder) && basename(program) === 'postgres' ? 'server' : jobIn(home, folder, program);
  const identity = findProcess(pid);
  return kind && identity ? { ...identity, kind, folder } : undefined;
}

function jobIn(home: Home, folder: string, program: string): 'job' | undefined {
  return within(home.jobs, folder) && program === realpathSync(process.execPath) ? 'job' : undefined;
}

function within(folder: string, path: string): boolean {
  return path.startsWith(folder + sep);
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
