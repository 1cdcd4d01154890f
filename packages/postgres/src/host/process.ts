/** What the kernel says about processes. A process is its id and its start: ids are used again, also across a reboot. */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { run, type Account } from './run.ts';

/** Names one process for ever. */
export interface ProcessRef {
  pid: number;
  /** Clock ticks since boot. */
  startTicks: number;
  bootId: string;
}

export interface ProcessFacts extends ProcessRef {
  uid: number;
  parent: number;
  /** Seconds since 1970, as the clock is set now. */
  startedAt: number;
  /** Absent where the kernel doesn't let us look, which it does for our own and as root. */
  executable?: string;
  folder?: string;
}

const TICKS_PER_SECOND = 100;

/** Undefined when there is none, or only its remains. */
export function observeProcess(pid: number): ProcessFacts | undefined {
  const stat = readStat(pid);
  if (!stat || stat.state === 'Z' || stat.state === 'X') return undefined;
  try {
    const { startTicks, parent } = stat;
    const startedAt = bootTime() + startTicks / TICKS_PER_SECOND;
    const uid = statSync(`/proc/${pid}`).uid;
    const facts: ProcessFacts = { pid, startTicks, bootId: bootId(), uid, parent, startedAt };
    // A replaced executable, after a package upgrade, is still the one that was started.
    const executable = link(`/proc/${pid}/exe`)?.replace(/ \(deleted\)$/, '');
    return { ...facts, executable, folder: link(`/proc/${pid}/cwd`) };
  } catch {
    return undefined;
  }
}

/** Whether that very process still runs. Cheap: one small file. */
export function isAlive(ref: ProcessRef): boolean {
  const stat = readStat(ref.pid);
  return stat !== undefined && stat.state !== 'Z' && stat.startTicks === ref.startTicks && ref.bootId === bootId();
}

/** All processes of an account whose working directory is `folder`. */
export function processesIn(folder: string, uid: number): ProcessFacts[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && ownedBy(name, uid))
    .map(name => observeProcess(Number(name)))
    .filter(found => found !== undefined && found.folder === folder)
    .map(found => found!);
}

/** All processes of an account. */
export function processesOf(uid: number): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && ownedBy(name, uid))
    .map(Number)
    .filter(pid => observeProcess(pid) !== undefined);
}

/** Sends a signal with the account's own rights, so that a process id used anew by somebody else comes to no harm. */
export async function signalProcess(
  ref: ProcessRef,
  signal: 'TERM' | 'INT' | 'QUIT' | 'KILL' | 'HUP',
  account: Account,
): Promise<void> {
  if (!isAlive(ref)) return;
  if (!account) {
    process.kill(ref.pid, `SIG${signal}`);
    return;
  }
  await run('kill', [`-${signal}`, String(ref.pid)], { account }).catch(error => {
    if (isAlive(ref)) throw error;
  });
}

interface Stat {
  state: string;
  parent: number;
  startTicks: number;
}

/** Fields 3, 4 and 22 of `/proc/<pid>/stat`; the name before them may hold spaces and brackets. */
function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0]!, parent: Number(fields[1]), startTicks: Number(fields[19]) };
  } catch {
    return undefined;
  }
}

export function bootId(): string {
  return (knownBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim());
}

/** No process sees two boots, and every look at a server asks. */
let knownBootId: string | undefined;

function bootTime(): number {
  return Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1]);
}

function ownedBy(pid: string, uid: number): boolean {
  try {
    return statSync(`/proc/${pid}`).uid === uid;
  } catch {
    return false;
  }
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
