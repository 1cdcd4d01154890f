/** What the API's objects say of an instance, as the facts that the monitor tells. */
import { endOfLifeOf, type PostgresArchive, type PostgresServer } from '@larder/catalog';
import { conditionsOf } from '@larder/controller';
import { parseQuantity, type KubeObject } from '@larder/kube';
import { nextBackup } from '../backups/schedule.ts';
import type { Facts } from './targets.ts';

export interface Known {
  composite: KubeObject;
  server: PostgresServer;
  archive?: PostgresArchive;
  /** Of the server's certificate, as X509 says it. */
  certificateEnds?: string;
  now: Date;
}

interface InstanceStatus {
  pendingChanges?: unknown[];
  maintenance?: { current?: unknown };
}

export function factsOf({ composite, server, archive, certificateEnds, now }: Known): Facts {
  const status = (composite.status ?? {}) as InstanceStatus;
  const parameters = (composite.spec as { parameters?: { alerts?: { enabled?: boolean } } }).parameters;
  return {
    at: Math.floor(now.getTime() / 60_000) * 60,
    ...serverFacts(server),
    ready: isTrue(composite, 'Ready') ?? false,
    alerts: parameters?.alerts?.enabled ?? false,
    certificateExpiry: momentOf(certificateEnds),
    pendingChanges: status.pendingChanges?.length ?? 0,
    maintenance: status.maintenance?.current !== undefined,
    ...backupFacts(archive, now),
  };
}

function serverFacts({ spec, status = {} }: PostgresServer): Partial<Facts> {
  const { version, endpoint, port, storage } = status;
  return {
    version,
    endpoint: endpoint === undefined ? undefined : `${endpoint}:${port ?? ''}`,
    endOfLife: version === undefined ? undefined : momentOf(endOfLifeOf(Number.parseInt(version, 10))),
    storageSize: spec.storageBytes,
    storageUsed: storage ? bytesOf(storage.used) : undefined,
  };
}

function backupFacts(archive: PostgresArchive | undefined, now: Date): Pick<Facts, 'backups'> & Partial<Facts> {
  if (!archive) return { backups: false };
  const { backups = [], recoverable, drill } = archive.status ?? {};
  const failing = conditionsOf(archive).find(({ type, status }) => type === 'BackupHealthy' && status === 'False');
  const result = drill?.last?.result;
  return {
    backups: true,
    lastBackup: Math.max(0, ...backups.map(({ time }) => momentOf(time) ?? 0)),
    backupFailingSince: failing ? momentOf(failing.lastTransitionTime) : 0,
    backupInterval: intervalOf(archive.spec.schedule, now),
    recoverableFrom: momentOf(recoverable?.from),
    recoverableTo: momentOf(recoverable?.to),
    archiveHealthy: isTrue(archive, 'ArchiveHealthy'),
    lastDrillPassed: momentOf(drill?.lastPassed),
    lastDrillResult: result === undefined || result === 'NotDone' ? undefined : result === 'Passed',
  };
}

/** How far apart the next two are. */
function intervalOf(schedule: string, now: Date): number | undefined {
  try {
    const first = nextBackup({ schedule, now, last: now });
    const second = nextBackup({ schedule, now: first, last: first });
    return (second.getTime() - first.getTime()) / 1000;
  } catch {
    return undefined; // a schedule that can't be read is the claim's to show
  }
}

function isTrue(object: KubeObject, type: string): boolean | undefined {
  const found = conditionsOf(object).find(condition => condition.type === type);
  return found === undefined || found.status === 'Unknown' ? undefined : found.status === 'True';
}

function momentOf(text: string | undefined): number | undefined {
  const moment = text === undefined ? NaN : Date.parse(text);
  return Number.isNaN(moment) ? undefined : moment / 1000;
}

function bytesOf(quantity: string): number | undefined {
  try {
    return Number(parseQuantity(quantity).toNumber());
  } catch {
    return undefined;
  }
}
