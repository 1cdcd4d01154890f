/** What a process uses, from /proc: Linux only. */
import { readFileSync } from 'node:fs';

/** USER_HZ: fixed at 100 for programs on every Linux architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Resident memory in megabytes (10^6 bytes). */
export function residentMegabytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return (Number(match?.[1]) * 1024) / 1e6;
}

/** Seconds of CPU that the process has used in all. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Seconds of CPU of this process and of those that it started and that have ended. */
export function ownCpuSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND;
}
