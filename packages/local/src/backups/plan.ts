/** Decides whether a backup is due, and what is said of those there are. Touches nothing but what the runner remembers. */
import type { PostgresArchive } from '@larder/catalog';
import { backupFinding, type Finding } from './findings.ts';
import type { BackupRunner, RunState } from './runner.ts';
import { nextBackup, pauseAfter } from './schedule.ts';
import type { Holdings } from './worker/protocol.ts';

export interface BackupsPlan {
  /** A backup is due. */
  request: boolean;
  /** Until there is something to decide again. */
  waitMs: number;
  /** When the next one is due; absent before the first, which is due at once. A moment that moves would wake everybody who looks at it. */
  next?: Date;
  /** What the last run of this plane found in the bucket. */
  holdings?: Holdings;
  findings(state: RunState): Finding[];
}

export interface BackupsInput {
  archive: PostgresArchive;
  runner: Pick<BackupRunner, 'last' | 'take'>;
  now: Date;
  /** Before, a backup would miss WAL that it needs. */
  isArchiving: boolean;
  /** What the server archives under: backups under another name are none of this incarnation's. */
  serverName: string;
}

export function planBackups({ archive, runner, now, isArchiving, serverName }: BackupsInput): BackupsPlan {
  const { name } = archive.metadata;
  runner.take(name, 'schedule');
  const { outcome, failures } = runner.last(name);
  const holdings =
    outcome?.kind === 'made' && outcome.holdings.serverName === serverName ? outcome.holdings : undefined;
  const newest = (holdings?.backups ?? archive.status?.backups)?.[0];
  const again = outcome?.kind === 'failed' ? new Date(outcome.endedAt.getTime() + pauseAfter(failures)) : undefined;
  const next = dueAt(archive, { now, again, newest: newest?.time });
  const isDue = next === undefined || next <= now;
  return {
    request: isArchiving && isDue,
    waitMs: isDue ? 60_000 : next.getTime() - now.getTime(),
    next,
    holdings,
    findings: state => [
      backupFinding({ has: newest !== undefined, state, last: outcome, again, missing: holdings?.range?.missing }),
    ],
  };
}

/** As scheduled, and after a failure not before its pause is over. */
function dueAt(
  { spec }: PostgresArchive,
  { now, again, newest }: { now: Date; again: Date | undefined; newest: string | undefined },
): Date | undefined {
  if (newest === undefined) return again;
  const scheduled = nextBackup({ schedule: spec.schedule, now, last: new Date(newest) });
  return again && again > scheduled ? again : scheduled;
}
