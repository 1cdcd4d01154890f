/**
 * One backup that somebody asked for. It is made once: when it has ended, well or not, nothing more happens. One that was cut short by
 * the end of the plane has made nothing, and is begun again.
 */
import { LOCAL_API_VERSION, type PostgresBackup, type PostgresBackupStatus } from '@larder/catalog';
import { conditionsOf, refOfKey, setCondition, type ReconcileResult } from '@larder/controller';
import { equalJson } from '@larder/kube';
import { findOrder } from '../storage/archives.ts';
import { progressText } from './findings.ts';
import type { ArchiveKeeper } from './options.ts';
import type { Outcome } from './runner.ts';

const BACKUP = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresBackup' };
const ARCHIVE = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresArchive' };

/** How soon to look again at a server that isn't archived yet (ms). */
const SOON_MS = 2_000;

export async function reconcileBackup(keeper: ArchiveKeeper, key: string): Promise<ReconcileResult | undefined> {
  const { client, runner } = keeper;
  const backup = await client.find<PostgresBackup>(refOfKey(BACKUP, key));
  if (!backup || backup.metadata.deletionTimestamp !== undefined) return undefined;
  if (backup.status?.phase === 'Succeeded' || backup.status?.phase === 'Failed') return undefined;
  const { server } = backup.spec;
  const by = requester(backup.metadata.name);
  const outcome = runner.take(server, by);
  if (outcome) {
    await write(keeper, backup, ended(outcome));
    return undefined;
  }
  if (!(await client.find({ ...ARCHIVE, name: server }))) {
    await write(keeper, backup, {
      phase: 'Failed',
      message: 'The server has no backups: they are switched off, or it is gone.',
    });
    return undefined;
  }
  if (!findOrder(keeper.home, 'archives', server)) {
    await write(keeper, backup, { phase: 'Pending', message: 'The WAL of the server isn’t archived yet.' });
    return { requeueAfterMs: SOON_MS };
  }
  runner.request(server, by);
  const state = runner.state(server);
  const startedAt = state.kind === 'running' ? state.startedAt.toISOString() : undefined;
  await write(keeper, backup, {
    phase: state.kind === 'running' ? 'Running' : 'Pending',
    ...(startedAt === undefined ? {} : { startedAt }),
    message: progressText(state),
  });
  return undefined;
}

/** Who asks, by the object's name. */
export function requester(backup: string): string {
  return `backup/${backup}`;
}

/** The object of who asked; nothing for the schedule. */
export function requestedBy(by: string): string | undefined {
  return by.startsWith('backup/') ? by.slice('backup/'.length) : undefined;
}

function ended(outcome: Outcome): PostgresBackupStatus {
  const times = { startedAt: outcome.startedAt.toISOString(), completedAt: outcome.endedAt.toISOString() };
  if (outcome.kind === 'failed') return { phase: 'Failed', ...times, message: outcome.message };
  const [newest] = outcome.holdings.backups;
  return { phase: 'Succeeded', ...times, backupName: newest?.name, message: undefined };
}

async function write(
  { client, clock }: ArchiveKeeper,
  backup: PostgresBackup,
  said: PostgresBackupStatus,
): Promise<void> {
  const done = said.phase === 'Succeeded';
  const finding = {
    type: 'Ready',
    status: done ? ('True' as const) : ('False' as const),
    reason: said.phase ?? 'Pending',
    message: said.message ?? '',
    observedGeneration: backup.metadata.generation,
  };
  const conditions = setCondition(conditionsOf(backup), finding, clock());
  const status = { ...backup.status, ...said, conditions, observedGeneration: backup.metadata.generation };
  if (equalJson(JSON.parse(JSON.stringify(status)), backup.status ?? {})) return;
  await client.updateStatus<PostgresBackup>({ ...backup, status });
}
