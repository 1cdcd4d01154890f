/** Settings as metrics: numbers and switches, in bytes and seconds where they have a unit, named as postgres_exporter names them. */
import { add, type Measured } from '../measured.ts';
import type { Row } from './read-server.ts';

const BYTES: Record<string, number> = { B: 1, kB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 };
const SECONDS: Record<string, number> = { us: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3_600, d: 86_400 };

export interface Settings {
  /** What `# HELP` says of each. */
  help: Map<string, string>;
}

/** What waits for a restart is counted. */
export function readSettings(rows: readonly Row[], measured: Measured): Settings {
  const help = new Map<string, string>();
  let pending = 0;
  const numbers = new Map<string, number>();
  for (const row of rows) {
    const [name, setting, unit, type, description, waits] = row as [string, string, string, string, string, number];
    pending += waits;
    const value = numberOf(setting, type);
    const scaled = value === undefined ? undefined : inUnit(value, unit);
    if (scaled === undefined) continue;
    const metric = `pg_settings_${name.toLowerCase().replace(/[^a-z0-9_]/g, '_')}${scaled.end}`;
    if (measured.has(metric)) continue; // two names that differ in their signs only
    add(measured, metric, scaled.value);
    help.set(metric, description);
    numbers.set(name, scaled.value);
  }
  add(measured, 'larder_pending_restart_settings', pending);
  const reserved = (numbers.get('superuser_reserved_connections') ?? 0) + (numbers.get('reserved_connections') ?? 0);
  add(measured, 'larder_connections_reserved', reserved);
  return { help };
}

function numberOf(setting: string, type: string): number | undefined {
  if (type === 'bool') return setting === 'on' ? 1 : 0;
  if (type !== 'integer' && type !== 'real') return undefined;
  const value = Number(setting);
  return Number.isFinite(value) ? value : undefined;
}

/** `8kB` is a block. -1 and the like mean something else than an amount, and stay. */
function inUnit(value: number, unit: string): { value: number; end: string } | undefined {
  if (unit === '') return { value, end: '' };
  const [, count = '', name = ''] = /^(\d*)([A-Za-z]+)$/.exec(unit) ?? [];
  const bytes = BYTES[name];
  const scale = bytes ?? SECONDS[name];
  if (scale === undefined) return undefined;
  const end = bytes === undefined ? '_seconds' : '_bytes';
  return { value: value < 0 ? value : value * scale * Number(count === '' ? 1 : count), end };
}
