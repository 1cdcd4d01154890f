/**
 * What the processes of a server take, from /proc. Processor time never goes back: that of processes that have ended is in their
 * parent's count. Memory is what each has for itself, and what they share is counted once. Read at once, since the kernel answers from
 * memory: each reading that another thread does costs ten times as much.
 */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { add, type Measured } from '../measured.ts';

/** As every Linux counts: `getconf CLK_TCK`, `PAGESIZE` of the machines that Larder runs on. */
const TICKS = 100;
const PAGE = 4_096;

/** Of the server that this process is the first of. Empty when it isn't there any more. */
export function measureProcesses(
  { pid: postmaster, startTicks }: { pid: number; startTicks: number },
  bootTime: number,
): Measured {
  const measured: Measured = new Map();
  const first = statOf(postmaster);
  if (first?.started !== startTicks) return measured;
  const processes = [first, ...childrenOf(postmaster).flatMap(pid => statOf(pid) ?? [])];
  const cpu = processes.reduce((sum, { own, ended }) => sum + own + ended, 0);
  const known = processes.flatMap(({ pid }) => memoryOf(pid) ?? []);
  const shared = Math.max(0, ...known.map(memory => memory.shared));
  add(measured, 'process_cpu_seconds_total', cpu / TICKS);
  add(
    measured,
    'process_resident_memory_bytes',
    known.reduce((sum, memory) => sum + memory.private, shared),
  );
  add(measured, 'process_virtual_memory_bytes', first.virtual);
  add(measured, 'process_start_time_seconds', bootTime + first.started / TICKS);
  add(measured, 'process_open_fds', openFiles(postmaster));
  return measured;
}

/** When this machine was started (seconds since 1970); `undefined` where that can't be read. */
export function bootTime(): number | undefined {
  const [, seconds] = /^btime (\d+)$/m.exec(read('/proc/stat') ?? '') ?? [];
  return seconds === undefined ? undefined : Number(seconds);
}

interface Stat {
  pid: number;
  own: number;
  ended: number;
  started: number;
  virtual: number;
}

function statOf(pid: number): Stat | undefined {
  const text = read(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The name is in brackets, and may hold anything.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ', FIELDS)
    .map(Number);
  const at = (field: number): number => fields[field - 3] ?? 0;
  return { pid, own: at(14) + at(15), ended: at(16) + at(17), started: at(22), virtual: at(23) };
}

/** Of those after the name, as many as are used. */
const FIELDS = 21;

function childrenOf(pid: number): number[] {
  const text = read(`/proc/${pid}/task/${pid}/children`) ?? '';
  return text.split(' ').filter(Boolean).map(Number);
}

function memoryOf(pid: number): { private: number; shared: number } | undefined {
  const [, resident = 0, shared = 0] = read(`/proc/${pid}/statm`)?.split(' ', 3).map(Number) ?? [];
  // One that has ended, and not been waited for yet, has none.
  return resident === 0 ? undefined : { private: (resident - shared) * PAGE, shared: shared * PAGE };
}

function openFiles(pid: number): number | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return undefined; // of another account
  }
}

const buffer = Buffer.allocUnsafe(65_536);

/** `undefined` for a process that is gone. */
function read(path: string): string | undefined {
  let file;
  try {
    file = openSync(path, 'r');
    const parts: string[] = [];
    for (let length; (length = readSync(file, buffer, 0, buffer.length, null)) > 0;)
      parts.push(buffer.toString('latin1', 0, length));
    return parts.join('');
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
