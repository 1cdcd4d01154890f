/** Writes what an archive's object says, where it differs: nobody is woken for nothing. */
import type { PostgresArchive, PostgresArchiveStatus } from '@larder/catalog';
import { conditionsOf, setCondition } from '@larder/controller';
import { equalJson, type Condition } from '@larder/kube';
import type { LogState } from '../storage/archives.ts';
import { DRILL_HEALTHY } from '../drills/findings.ts';
import { progressText, type Finding } from './findings.ts';
import type { ArchiveKeeper } from './options.ts';
import type { RunState } from './runner.ts';

export interface Said {
  /** Conditions that aren't among them and are of backups or archive stay. */
  findings: Finding[];
  facts?: Partial<PostgresArchiveStatus>;
  state?: LogState;
  run?: RunState;
  /** Of the place where they lie, while nothing is being done. */
  where?: string;
}

export async function writeArchiveStatus(
  { client, clock }: Pick<ArchiveKeeper, 'client' | 'clock'>,
  archive: PostgresArchive,
  { findings, facts, state, run, where }: Said,
): Promise<void> {
  const observedGeneration = archive.metadata.generation;
  const kept = ({ type }: Condition): boolean => ['BackupHealthy', 'ArchiveHealthy', DRILL_HEALTHY].includes(type);
  let conditions = conditionsOf(archive).filter(each => kept(each) || findings.some(({ type }) => type === each.type));
  for (const finding of findings) conditions = setCondition(conditions, { ...finding, observedGeneration }, clock());
  const doing = run ? (progressText(run) ?? where) : archive.status?.progress;
  const status: PostgresArchiveStatus = {
    ...archive.status,
    ...facts,
    ...(state ? { archive: archiveOf(state) } : {}),
    progress: doing,
    conditions,
    observedGeneration,
  };
  if (equalJson(JSON.parse(JSON.stringify(status)), archive.status ?? {})) return;
  await client.updateStatus<PostgresArchive>({ ...archive, status });
}

function archiveOf({ lastArchivedWal, lastArchivedTime, waiting }: LogState): PostgresArchiveStatus['archive'] {
  return { lastWal: lastArchivedWal, lastTime: lastArchivedTime, waiting };
}
