/**
 * One drill that somebody asked for. It is held once: when it has ended, however, nothing more happens. One that was cut short by the end
 * of the plane has found nothing out, and is begun again.
 */
import { LOCAL_API_VERSION, type PostgresArchive, type PostgresDrill, type PostgresDrillStatus } from '@larder/catalog';
import { conditionsOf, refOfKey, setCondition } from '@larder/controller';
import { equalJson } from '@larder/kube';
import { advise, drillStep, reportOf } from './findings.ts';
import type { DrillKeeper } from './options.ts';

const DRILL = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresDrill' };
const ARCHIVE = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresArchive' };

export async function reconcileDrill(keeper: DrillKeeper, key: string): Promise<undefined> {
  const { client, runner } = keeper;
  const drill = await client.find<PostgresDrill>(refOfKey(DRILL, key));
  if (!drill || drill.metadata.deletionTimestamp !== undefined) return undefined;
  if (drill.status?.phase === 'Succeeded' || drill.status?.phase === 'Failed') return undefined;
  const { server } = drill.spec;
  const archive = await client.find<PostgresArchive>({ ...ARCHIVE, name: server });
  if (!archive) {
    await write(keeper, drill, {
      phase: 'Failed',
      message: 'The server has no backups: they are switched off, or it is gone.',
    });
    return undefined;
  }
  const by = requester(drill.metadata.name);
  const outcome = runner.take(server, by);
  if (outcome) {
    const report = advise(reportOf(outcome), archive);
    const { startedAt, completedAt, message } = report;
    const phase = report.result === 'Passed' ? 'Succeeded' : 'Failed';
    await write(keeper, drill, { phase, startedAt, completedAt, message, report });
    return undefined;
  }
  runner.request(server, by);
  const state = runner.state(server);
  await write(keeper, drill, {
    phase: state.kind === 'running' ? 'Running' : 'Pending',
    ...(state.kind === 'running' ? { startedAt: state.startedAt.toISOString() } : {}),
    message: drillStep(state),
  });
  return undefined;
}

/** Who asks, by the object's name. */
export function requester(drill: string): string {
  return `drill/${drill}`;
}

/** The object of who asked; nothing for the schedule. */
export function requestedBy(by: string): string | undefined {
  return by.startsWith('drill/') ? by.slice('drill/'.length) : undefined;
}

async function write({ client, clock }: DrillKeeper, drill: PostgresDrill, said: PostgresDrillStatus): Promise<void> {
  const finding = {
    type: 'Ready',
    status: said.phase === 'Succeeded' ? ('True' as const) : ('False' as const),
    reason: said.phase ?? 'Pending',
    message: said.message ?? '',
    observedGeneration: drill.metadata.generation,
  };
  const conditions = setCondition(conditionsOf(drill), finding, clock());
  const status = { ...drill.status, ...said, conditions, observedGeneration: drill.metadata.generation };
  if (equalJson(JSON.parse(JSON.stringify(status)), drill.status ?? {})) return;
  await client.updateStatus<PostgresDrill>({ ...drill, status });
}
