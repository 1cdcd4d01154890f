/** What the object says of changes: which wait, when the next window is, what is done now and was done last. */
import {
  endOfLifeOf,
  planRollout,
  type MaintenanceRun,
  type MaintenanceStatus,
  type PendingChange,
  type PostgresChange,
  type PostgresServerStatus,
  type RestartReport,
  type UpgradeReport,
  type WaitingChange,
} from '@larder/catalog';
import { parseVersion } from '@larder/postgres';
import type { Configured } from './configure.ts';
import type { InstanceRecord, RestartRecord } from './record.ts';
import { findUpgrade, isSwitched, type UpgradeFile } from './upgrade-file.ts';
import { unwell, type Finding } from './status.ts';
import type { Work } from './work.ts';

/** The changes that wait, as the catalog names them. */
export function pendingChanges({ leave, object, memory }: Work, { record, plan }: Configured): PendingChange[] {
  const { version, nextMajor } = object.spec;
  const runs = record.binaries?.version ?? version;
  // The server told settings that need a restart from those that don't: the table of its major only names them here.
  const setup = (which: 'from' | 'to'): Record<string, string> =>
    Object.fromEntries(plan.waiting.map(change => [change.name, change[which]]));
  const { pending } = planRollout({
    running: { version: runs, settings: setup('from') },
    requested: { version, settings: setup('to') },
    ...leave.policy,
  });
  const major = nextMajor
    ? planRollout({
        running: { version: runs, settings: {} },
        requested: { version: nextMajor.version, settings: {} },
        ...leave.policy,
      }).pending
    : [];
  const rejected = memory.rejected?.version === version ? memory.rejected.cause : undefined;
  return [...pending, ...major].map(change => asPending(change, rejected));
}

function asPending({ needs, why, ...change }: WaitingChange, rejected: string | undefined): PendingChange {
  const isVersion = change.field === 'updatePolicy.version';
  return {
    ...change,
    needs: needs === 'Nothing' ? 'Reload' : needs,
    why: isVersion && rejected !== undefined ? `${why} It was tried: ${rejected}` : why,
  };
}

/** Absent facts are said too: what is over must not stay. */
export function maintenanceFacts(
  { leave, object, place }: Work,
  record: InstanceRecord,
): Pick<PostgresServerStatus, 'maintenance' | 'lastRestart' | 'upgrade'> {
  const { policy, running, last } = leave;
  const lastRun = last ? runOf(last) : object.status?.maintenance?.lastRun;
  const maintenance: MaintenanceStatus = {
    ...(policy.apply === 'Scheduled' && policy.window ? { nextWindow: policy.window.opens } : {}),
    ...(running && running.spec.operation !== 'Vacuum' ? { current: currentOf(running) } : {}),
    ...(lastRun ? { lastRun } : {}),
    ...(policy.hold ? { message: `Nothing that interrupts connections is done: ${policy.hold.reason}` } : {}),
  };
  const { restart } = record;
  const upgrade = findUpgrade(place.root);
  return {
    maintenance,
    upgrade: upgrade && isSwitched(upgrade, record) ? upgradeOf(upgrade) : undefined,
    ...(restart?.completedAt === undefined ? {} : { lastRestart: reportOf(restart) }),
  };
}

/** How soon the object has to say something else by itself (ms). */
export function untilNextMoment({ leave, plane }: Work): number {
  const { window, now } = leave.policy;
  if (!window) return Infinity;
  const moment = window.opens > now ? window.opens : window.closes;
  return Math.max(50, Date.parse(moment) - plane.clock().getTime());
}

function currentOf({ spec, status, metadata }: PostgresChange): NonNullable<MaintenanceStatus['current']> {
  return {
    startedAt: status?.startedAt ?? metadata.creationTimestamp ?? '',
    operation: spec.operation,
    ...(spec.until === undefined ? {} : { until: spec.until }),
    ...progressOf(status),
  };
}

/** Of those that take long. */
function progressOf({ step, message, memo }: NonNullable<PostgresChange['status']> = {}): {
  step?: string;
  message?: string;
  estimatedEnd?: string;
} {
  const estimatedEnd = memo?.estimatedEnd;
  return {
    ...(step === undefined ? {} : { step }),
    ...(message === undefined ? {} : { message }),
    ...(typeof estimatedEnd === 'string' ? { estimatedEnd } : {}),
  };
}

function runOf({ spec, status = {}, metadata }: PostgresChange): MaintenanceRun {
  const { phase, startedAt, completedAt = '', done = [], downtime, message } = status;
  return {
    operation: spec.operation,
    startedAt: startedAt ?? metadata.creationTimestamp ?? completedAt,
    completedAt,
    result: phase === 'Succeeded' || phase === 'Cancelled' || phase === 'Skipped' ? phase : 'Failed',
    ...(done.length > 0 ? { done } : {}),
    ...(downtime === undefined ? {} : { downtime }),
    ...(message === undefined ? {} : { message }),
  };
}

function upgradeOf({ from, to, switchedAt = '', keptUntil, ended, proof }: UpgradeFile): UpgradeReport {
  const words = [proof, ended && `nobody can go back since ${ended.at}: ${ended.why}`].filter(Boolean).join('; ');
  return {
    ...{ from, to, switchedAt },
    ...(ended || keptUntil === undefined ? {} : { rollbackUntil: keptUntil }),
    ...(words === '' ? {} : { message: words }),
  };
}

function reportOf({ by, startedAt, completedAt = startedAt, failure }: RestartRecord): RestartReport {
  return {
    ...(by === undefined ? {} : { by }),
    startedAt,
    completedAt,
    downtime: secondsBetween(startedAt, completedAt),
    result: failure === undefined ? 'Succeeded' : 'Failed',
    ...(failure === undefined ? {} : { message: failure }),
  };
}

/** Such as `0.23s`. */
export function secondsBetween(from: string, to: string): string {
  return `${(Math.max(0, Date.parse(to) - Date.parse(from)) / 1000).toFixed(2)}s`;
}

const HALF_A_YEAR_MS = 183 * 24 * 3_600_000;

/** From half a year before the community's last day for its major. */
export function supportFindings(version: string, now: Date): Finding[] {
  const major = parseVersion(version)?.major ?? 0;
  const last = endOfLifeOf(major);
  if (last === undefined) return [];
  const left = Date.parse(`${last}T23:59:59Z`) - now.getTime();
  if (left > HALF_A_YEAR_MS) return [];
  const remedy = 'set updatePolicy.version to a newer major version';
  return left > 0
    ? [unwell('Supported', 'EndOfLifeNear', `PostgreSQL ${major} gets no more fixes after ${last}: ${remedy}`)]
    : [unwell('Supported', 'EndOfLife', `PostgreSQL ${major} has had no more fixes since ${last}: ${remedy}`)];
}
