/** Which process a pid names: pids are given out again, a pid together with its start time isn't. Linux by /proc, elsewhere by ps. */
import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

export interface ProcessIdentity {
  pid: number;
  /** Boot and moment of the start; compared, never read. */
  startTime: string;
}

/** The identity of the process that has `pid` now; `undefined` when there is none, or only its unburied remains. */
export function findProcess(pid: number): ProcessIdentity | undefined {
  if (!Number.isSafeInteger(pid) || pid < 1) return undefined;
  const startTime = process.platform === 'linux' ? startInProc(pid) : startByPs(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}

/** Whether that very process still runs. */
export function isRunning(identity: ProcessIdentity | undefined): boolean {
  return identity !== undefined && findProcess(identity.pid)?.startTime === identity.startTime;
}

/** What a process is called: its program and, for interpreters, its script. No options, they may hold secrets. */
export function commandOf(pid: number): string | undefined {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
    if (words.length === 0) return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
    const plain = words.slice(1, 2).filter(word => !word.startsWith('-') && !word.includes('='));
    return [basename(words[0]!), ...plain].join(' ').slice(0, 80);
  } catch {
    return undefined;
  }
}

/** The program that a process runs; `undefined` when it can't be seen. A replaced binary keeps its path. */
export function executableOf(pid: number): string | undefined {
  return findLink(`/proc/${pid}/exe`)?.replace(/ \(deleted\)$/, '');
}

/** The folder a process works in; `undefined` when it can't be seen. */
export function folderOf(pid: number): string | undefined {
  return findLink(`/proc/${pid}/cwd`)?.replace(/ \(deleted\)$/, '');
}

function findLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function startInProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name is in brackets and may hold any character, brackets too.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, start] = [fields[0], fields[19]];
    if (state === 'Z' || state === 'X') return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${start}`;
  } catch {
    return undefined;
  }
}

function startByPs(pid: number): string | undefined {
  const shown = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  return shown.status === 0 ? shown.stdout.trim() || undefined : undefined;
}
