/** How much of the machine was ours: without it a time says little, and nobody reading a table can see it. */
import { loadavg, cpus } from 'node:os';

const SPIN_MS = 300;

/** The share of one core that a process gets which wants all of it, now. */
function shareOfCore(): number {
  const [start, before] = [performance.now(), process.cpuUsage()];
  while (performance.now() - start < SPIN_MS);
  const { user, system } = process.cpuUsage(before);
  return Math.min(1, (user + system) / 1000 / (performance.now() - start));
}

/** One line that says whether times measured now can be trusted. */
export function noiseText(): string {
  const percent = Math.round(shareOfCore() * 100);
  const load = loadavg()[0]?.toFixed(1);
  const verdict =
    percent >= 90 ? 'quiet' : 'others use this machine: compare figures within one run only, and trust CPU times first';
  return `machine: load ${load} on ${cpus().length} cores; a busy process gets ${percent} % of a core: ${verdict}`;
}
