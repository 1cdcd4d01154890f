/** `spec.parameters.backup` as the engines read it, with the defaults that no schema can hold. */
import type { KubeObject } from '@larder/kube';
import { fieldAt, isRecord, textOf } from '../fields.ts';

export interface BackupWish {
  /** Whether the owner has written anything about backups. */
  given: boolean;
  enabled: boolean;
  /** Cron, in UTC. */
  schedule: string;
  keeps: { seconds: number; text: string } | { count: number };
  keepAfterDeletion: { seconds: number; text: string };
  /** The S3 server, by its name on the plane. @default the plane's choice */
  store?: string;
  drill?: { schedule: string; query?: string };
}

export function readBackup(composite: KubeObject): BackupWish {
  const given = fieldAt(composite, 'spec.parameters.backup');
  const at = (field: string): unknown => fieldAt(given, field);
  const keepLast = at('keepLast');
  const query = textOf(at('drill.query'));
  const store = textOf(at('store'));
  const drills = textOf(at('drill.schedule'));
  return {
    given: isRecord(given),
    enabled: at('enabled') !== false,
    schedule: textOf(at('schedule')) || dailySchedule(composite.metadata.name),
    keeps: typeof keepLast === 'number' ? { count: keepLast } : duration(textOf(at('retention'), '7d')),
    keepAfterDeletion: duration(textOf(at('keepAfterDeletion'), '168h')),
    ...(store === '' ? {} : { store }),
    ...(drills === '' ? {} : { drill: { schedule: drills, ...(query === '' ? {} : { query }) } }),
  };
}

/** Daily in the second hour, at a minute that is the instance's own: not all of them at once. */
export function dailySchedule(name: string): string {
  let hash = 0x811c9dc5;
  for (const letter of name) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  return `${hash % 60} 1 * * *`;
}

const units: Record<string, number> = { h: 3600, d: 86_400, w: 604_800 };

function duration(text: string): { seconds: number; text: string } {
  return { seconds: Number(text.slice(0, -1)) * (units[text.slice(-1)] ?? NaN), text };
}
