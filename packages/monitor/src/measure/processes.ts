/**
 * What the processes of a server take, from /proc. Processor time never goes back: that of processes that have ended is in their
 * parent's count. Memory is what each has for itself, and what they share is counted once.
 */
import { readdir, readFile } from 'node:fs/promises';
import { add, type Measured } from '../measured.ts';

/** As every Linux counts: `getconf CLK_TCK`, `PAGESIZE` of the machines that Larder runs on. */
const TICKS = 100;
const PAGE = 4_096;

/** Of the server that this process is the first of. Empty when it isn't there any more. */
export async function measureProcesses(
  { pid: postmaster, startTicks }: { pid: number; startTicks: number },
  bootTime: number,
): Promise<Measured> {
  const measured: Measured = new Map();
  const first = await statOf(postmaster);
  if (first?.started !== startTicks) return measured;
  const pids = await childrenOf(postmaster);
  const children = (await Promise.all(pids.map(pid => statOf(pid)))).filter(child => child !== undefined);
  const own = await memoryOf(postmaster);
  const each = await Promise.all(children.map(({ pid }) => memoryOf(pid)));
  const cpu = [first, ...children].reduce((sum, { own, ended }) => sum + own + ended, 0);
  const known = [own, ...each].filter(memory => memory !== undefined);
  const shared = Math.max(0, ...known.map(memory => memory.shared));
  add(measured, 'process_cpu_seconds_total', cpu / TICKS);
  add(
    measured,
    'process_resident_memory_bytes',
    known.reduce((sum, memory) => sum + memory.private, shared),
  );
  add(measured, 'process_virtual_memory_bytes', first.virtual);
  add(measured, 'process_start_time_seconds', bootTime + first.started / TICKS);
  const files = await readdir(`/proc/${postmaster}/fd`).catch(() => undefined);
  add(measured, 'process_open_fds', files?.length);
  return measured;
}

/** When this machine was started (seconds since 1970); `undefined` where that can't be read. */
export async function bootTime(): Promise<number | undefined> {
  const text = await readFile('/proc/stat', 'utf8').catch(() => '');
  const [, seconds] = /^btime (\d+)$/m.exec(text) ?? [];
  return seconds === undefined ? undefined : Number(seconds);
}

interface Stat {
  pid: number;
  own: number;
  ended: number;
  started: number;
  virtual: number;
}

async function statOf(pid: number): Promise<Stat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The name is in brackets, and may hold anything.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const at = (field: number): number => fields[field - 3] ?? 0;
  return { pid, own: at(14) + at(15), ended: at(16) + at(17), started: at(22), virtual: at(23) };
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').filter(Boolean).map(Number);
}

async function memoryOf(pid: number): Promise<{ private: number; shared: number } | undefined> {
  const text = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const [, resident = 0, shared = 0] = text.split(' ').map(Number);
  return { private: (resident - shared) * PAGE, shared: shared * PAGE };
}
