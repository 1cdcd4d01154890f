/** What CloudNativePG lets nobody set, or only together with something else. Its webhook would refuse the whole Cluster otherwise. */
import type { Parameters } from '../../parameters.ts';
import type { Refused } from '../../refused.ts';
import { librariesIn } from '../../settings/texts.ts';
import type { Plan } from '../cluster/decide.ts';

const MiB = 1024 ** 2;
const segment = 16 * MiB;

/** Settings that the operator keeps for itself, though an owner elsewhere may set them to certain values. */
const operators: Record<string, string> = {
  restart_after_crash:
    'is not possible on CloudNativePG, whose instance manager restarts a crashed server itself: leave it out',
};

/** Already so, and may not be said. */
const unspoken = new Set(['data_sync_retry', 'shared_preload_libraries']);

export interface ClusterParameters {
  settings: Record<string, string>;
  libraries: string[];
}

export function refuseForCloudNativePg(wanted: Parameters, { settings, amounts }: Plan): Refused[] {
  const spelled = (name: string): string =>
    Object.keys(wanted.settings).find(key => key.toLowerCase() === name) ?? name;
  const refuse = (name: string, because: string): Refused => ({
    reason: 'SettingNotAccepted',
    field: `settings.${spelled(name)}`,
    value: settings[name] ?? '',
    because,
  });
  const kept = Object.entries(operators).filter(([name]) => settings[name] !== undefined);
  const hints = /^(off?|f(a(l(se?)?)?)?|no?|0)$/i.test(settings.wal_log_hints ?? 'on') && wanted.instances > 1;
  const [least, most] = [amounts.min_wal_size ?? 0, amounts.max_wal_size ?? Infinity];
  const request = wanted.requests.memoryBytes ?? Infinity;
  return [
    ...kept.map(([name, because]) => refuse(name, because)),
    ...(hints ? [refuse('wal_log_hints', 'is not possible with more than one instance: leave it out')] : []),
    ...(least >= most ? [refuse('min_wal_size', 'is not below max_wal_size: choose less')] : []),
    ...((amounts.shared_buffers ?? 0) > request
      ? [
          refuse(
            'shared_buffers',
            'is more than the memory that the instance can count on: choose less, or raise resources.requests.memory',
          ),
        ]
      : []),
  ];
}

/** The plan's settings as a Cluster takes them. */
export function clusterParameters(wanted: Parameters, { settings, amounts }: Plan): ClusterParameters {
  const spoken = Object.entries(settings).filter(([name]) => !unspoken.has(name));
  // The operator loads this library, and creates its extension, when it sees a setting of it.
  const statements = { 'pg_stat_statements.max': '5000' };
  return {
    settings: {
      ...statements,
      ...Object.fromEntries(spoken),
      ...walSizes(settings, amounts),
      ...sharedBuffers(wanted, settings, amounts),
    },
    libraries: librariesIn(settings.shared_preload_libraries ?? '').filter(name => name !== 'pg_stat_statements'),
  };
}

/** The smallest sizes are equal, and the operator wants one below the other; likewise where the owner sets just one. */
function walSizes(settings: Record<string, string>, amounts: Record<string, number>): Record<string, string> {
  const least = amounts.min_wal_size ?? megabytes(settings.min_wal_size);
  const most = amounts.max_wal_size ?? megabytes(settings.max_wal_size);
  if (least < most) return {};
  if (amounts.max_wal_size === undefined) return { max_wal_size: `${Math.ceil((least + segment) / MiB)}MB` };
  return { min_wal_size: `${Math.max(32, Math.floor((most - segment) / MiB))}MB` };
}

function sharedBuffers(
  { requests }: Parameters,
  settings: Record<string, string>,
  amounts: Record<string, number>,
): Record<string, string> {
  const { memoryBytes } = requests;
  if (amounts.shared_buffers !== undefined || memoryBytes === undefined) return {};
  return megabytes(settings.shared_buffers) <= memoryBytes
    ? {}
    : { shared_buffers: `${Math.floor(memoryBytes / MiB)}MB` };
}

/** Of what the catalog itself wrote. */
function megabytes(text = '0MB'): number {
  return parseInt(text) * MiB;
}
