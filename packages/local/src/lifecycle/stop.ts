/** Stops the plane, and on request what it left running: found by where it runs and what it is, so that a killed or half-made plane's are found too. */
import { readdirSync, realpathSync } from 'node:fs';
import { basename, sep } from 'node:path';
import { observeProcess, type ProcessFacts, type ProcessRef } from '@larder/postgres';
import type { Home } from '../home/home.ts';
import { findRunningPlane } from '../plane/record.ts';
import { endProcess } from '../process/end.ts';
import { monitorPlace } from '../monitor/place.ts';
import { storagePlace } from '../storage/place.ts';

/** Ends the plane; databases and running jobs go on. `undefined` when none ran. May run twice. */
export async function stopPlane(home: Home): Promise<ProcessRef | undefined> {
  const plane = findRunningPlane(home);
  if (!plane) return undefined;
  await endProcess(plane, { signal: 'SIGTERM', graceMs: 15_000 });
  return plane;
}

export interface OwnProcess extends ProcessRef {
  /** `server`: a PostgreSQL postmaster; `draft`: what makes a data directory; `job`: a Job's container; `storage`: what serves the buckets; `monitor`: what measures. */
  kind: 'server' | 'draft' | 'job' | 'storage' | 'monitor';
  /** The folder of the instance or job. */
  folder: string;
}

/** The servers, jobs and storage process of this home that run now. A process is ours when both its program and its working folder say so. */
export function findOwnProcesses(home: Home): OwnProcess[] {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name));
  const known = pids.map(pid => observeProcess(Number(pid))).filter(facts => facts !== undefined);
  const own = known.filter(facts => kindOf(home, facts) !== undefined);
  const parents = new Set(own.map(({ pid }) => pid));
  return own
    .filter(({ parent }) => !parents.has(parent)) // a postmaster's children work in its folder, and end with it
    .map(facts => ({ ...refOf(facts), kind: kindOf(home, facts)!, folder: facts.folder! }));
}

/** Ends every server (fast shutdown: transactions roll back, nothing is lost), every job and then the storage process of this home. */
export async function stopOwnProcesses(home: Home): Promise<OwnProcess[]> {
  const running = findOwnProcesses(home);
  const others = running.filter(({ kind }) => kind !== 'storage');
  await Promise.all(
    others.map(found => endProcess(found, found.kind === 'server' ? { signal: 'SIGINT', graceMs: 60_000 } : {})),
  );
  // Last, since servers that end may have something left to store.
  for (const found of running) if (found.kind === 'storage') await endProcess(found);
  return running;
}

function kindOf(home: Home, { folder = '', executable = '' }: ProcessFacts): OwnProcess['kind'] | undefined {
  if (isWithin(home.instances, folder) && basename(executable) === 'postgres') return 'server';
  if (isWithin(home.templates, folder) && ['initdb', 'postgres'].includes(basename(executable))) return 'draft';
  if (executable !== realpathSync(process.execPath)) return undefined;
  if (folder === storagePlace(home).folder) return 'storage';
  if (folder === monitorPlace(home).folder) return 'monitor';
  return isWithin(home.jobs, folder) ? 'job' : undefined;
}

function refOf({ pid, startTicks, bootId }: ProcessRef): ProcessRef {
  return { pid, startTicks, bootId };
}

function isWithin(folder: string, path: string): boolean {
  return path.startsWith(folder + sep);
}
