/** The drills of one server's backups: held when they are due, and shown. Runs as often as anybody likes. */
import { LOCAL_API_VERSION, type DrillReport, type DrillStatus, type PostgresArchive } from '@larder/catalog';
import { conditionsOf, refOfKey, setCondition, type EventSubject, type ReconcileResult } from '@larder/controller';
import { equalJson, type Condition } from '@larder/kube';
import { advise, DRILL_HEALTHY, drillEvent, drillFinding, drillProgress, reportOf } from './findings.ts';
import type { DrillKeeper } from './options.ts';
import { planDrill, type DrillPlan } from './plan.ts';

const ARCHIVE = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresArchive' };

/** Timers hold 24 days at most, and the clock may be set meanwhile. */
const LONGEST_WAIT_MS = 3_600_000;

export async function reconcileDrills(keeper: DrillKeeper, key: string): Promise<ReconcileResult | undefined> {
  const { client, clock, events, runner } = keeper;
  const archive = await client.find<PostgresArchive>(refOfKey(ARCHIVE, key));
  if (!archive || archive.metadata.deletionTimestamp !== undefined) {
    runner.forget(key);
    return undefined;
  }
  const { name } = archive.metadata;
  const { spec, status } = archive;
  runner.take(name, 'schedule');
  const { outcome } = runner.last(name);
  const report = outcome && isNews(reportOf(outcome), status?.drill) ? advise(reportOf(outcome), archive) : undefined;
  const schedule = spec.drill?.schedule;
  const now = clock();
  const plan = planDrill({ schedule, status: status?.drill, now, ended: report });
  // Until there is a backup it stays due.
  if (plan.isDue && (status?.backups ?? []).length > 0) runner.request(name, 'schedule');
  await write(keeper, archive, { plan, report });
  if (report) events.record(subjectOf(archive), drillEvent(report));
  if (!plan.next) return undefined;
  return { requeueAfterMs: Math.min(LONGEST_WAIT_MS, Math.max(1_000, plan.next.getTime() - now.getTime())) };
}

function isNews({ startedAt }: DrillReport, status: DrillStatus | undefined): boolean {
  return status?.last === undefined || status.last.startedAt !== startedAt;
}

/** The claim, where there is one: that is where its owner looks. */
function subjectOf(archive: PostgresArchive): EventSubject {
  const { claim } = archive.spec;
  return claim ? { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLInstance', ...claim } : archive;
}

interface News {
  plan: DrillPlan;
  report: DrillReport | undefined;
}

async function write({ client, clock, runner }: DrillKeeper, archive: PostgresArchive, news: News): Promise<void> {
  const { drill: _, ...others } = archive.status ?? {};
  const message = drillProgress(runner.state(archive.metadata.name));
  const drill = withoutAbsent({ ...shownOf(archive, news), message });
  const conditions = conditionsWith(archive, news.report, clock());
  const status = { ...others, conditions, ...(Object.keys(drill).length === 0 ? {} : { drill }) };
  if (equalJson(JSON.parse(JSON.stringify(status)), { conditions: [], ...archive.status })) return;
  await client.updateStatus<PostgresArchive>({ ...archive, status });
}

function shownOf({ spec, status }: PostgresArchive, { plan, report }: News): DrillStatus {
  const before = status?.drill;
  return {
    schedule: spec.drill?.schedule,
    next: plan.next?.toISOString(),
    last: report ?? before?.last,
    lastPassed: report?.result === 'Passed' ? report.completedAt : before?.lastPassed,
  };
}

function withoutAbsent(shown: DrillStatus): DrillStatus {
  return Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== undefined));
}

function conditionsWith(archive: PostgresArchive, report: DrillReport | undefined, now: Date): Condition[] {
  const known = conditionsOf(archive);
  const before = known.find(({ type }) => type === DRILL_HEALTHY);
  const isScheduled = archive.spec.drill !== undefined;
  const finding = report && drillFinding(report, { isScheduled, before });
  if (!finding) return known;
  return setCondition(known, { ...finding, observedGeneration: archive.metadata.generation }, now);
}
