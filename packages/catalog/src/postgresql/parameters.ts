/** `spec.parameters` of a PostgreSQLInstance as the engines read it. The API has checked it against the schema. */
import { parseQuantity, type KubeObject } from '@larder/kube';
import { readAlerts, type AlertsWish } from './alerts/wish.ts';
import { readBackup, type BackupWish } from './backup/wish.ts';
import { readRestore } from './restore/local.ts';
import { fieldAt, isRecord, textOf } from './fields.ts';

export interface Parameters {
  storageBytes: number;
  limits: Resources;
  requests: Resources;
  version: string;
  securityUpdates: string;
  /** `1h`, the length of the maintenance window. */
  window: string;
  timeZone: string;
  apply: 'Scheduled' | 'Immediate' | 'Manual';
  settings: Record<string, string>;
  extensions: { name: string; version?: string }[];
  superuser: boolean;
  /** Empty: the plane's default. */
  allowedCIDRs: string[];
  instances: number;
  alerts: AlertsWish;
  backup: BackupWish;
  /** Whose backup it begins with, as the owner wrote it. */
  restore?: Record<string, string>;
}

export interface Resources {
  memoryBytes?: number;
  milliCpu?: number;
}

export function readParameters(composite: KubeObject): Parameters {
  const at = (path: string): unknown => fieldAt(composite, `spec.parameters.${path}`);
  return {
    storageBytes: parseQuantity(textOf(at('resources.storageSize'))).bytes(),
    limits: resources(at('resources.limits')),
    requests: resources(at('resources.requests')),
    version: textOf(at('updatePolicy.version')),
    securityUpdates: textOf(at('updatePolicy.securityUpdates'), '00 22 * * 2'),
    window: textOf(at('updatePolicy.window'), '1h'),
    timeZone: textOf(at('updatePolicy.timeZone'), 'UTC'),
    apply: (at('updatePolicy.apply') ?? 'Scheduled') as Parameters['apply'],
    settings: texts(at('settings')),
    extensions: (at('extensions') ?? []) as Parameters['extensions'],
    superuser: at('access.superuser') === true,
    allowedCIDRs: (at('network.allowedCIDRs') ?? []) as string[],
    instances: Number(at('instances') ?? 1),
    alerts: readAlerts(composite),
    backup: readBackup(composite),
    restore: readRestore(composite),
  };
}

function resources(given: unknown): Resources {
  const { memory, cpu } = isRecord(given) ? given : {};
  return {
    ...(memory === undefined ? {} : { memoryBytes: parseQuantity(textOf(memory)).bytes() }),
    ...(cpu === undefined ? {} : { milliCpu: parseQuantity(textOf(cpu)).millis() }),
  };
}

function texts(given: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(isRecord(given) ? given : {}).map(([name, value]) => [name, textOf(value)]));
}
