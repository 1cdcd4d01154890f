/**
 * Carries one change out, step by step. Where it is stands in its status before a step begins and after it ended, so whoever comes back
 * goes on there. The phases: Pending until its turn; Running; then Succeeded, Failed, Cancelled or Skipped for ever. Only this file
 * moves them.
 */
import {
  CHANGE_SERVER_LABEL,
  holdOf,
  LOCAL_API_VERSION,
  POLICY,
  type ChangePhase,
  type ChangeStep,
  type Grant,
  type PostgresChange,
  type PostgresChangeStatus,
  type PostgresServer,
} from '@larder/catalog';
import { conditionsOf, refOfKey, setCondition, type ReconcileResult } from '@larder/controller';
import { equalJson } from '@larder/kube';
import type { ChangeRun, Deed, Deeds, OperationsPlane, Step, StepEnd } from './step.ts';
import { turnOf } from './turn.ts';

const CHANGE = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresChange' };
const SERVER = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresServer' };

/** How soon to look whether its turn has come (ms). */
const TURN_MS = 2_000;

export async function reconcileChange(
  plane: OperationsPlane,
  deeds: Deeds,
  key: string,
): Promise<ReconcileResult | undefined> {
  const change = await plane.client.find<PostgresChange>(refOfKey(CHANGE, key));
  if (!change || change.metadata.deletionTimestamp !== undefined || isOver(change)) return undefined;
  const server = await plane.client.find<PostgresServer>({ ...SERVER, name: change.spec.server });
  if (!server) return void (await end(plane, change, 'Failed', { message: 'The instance is gone.' }));
  if (change.status?.phase !== 'Running') return begin(plane, deeds, change, server);
  return goOn({ plane, change, server }, deeds[change.spec.operation]);
}

export function isOver({ status }: PostgresChange): boolean {
  const { phase = 'Pending' } = status ?? {};
  return phase !== 'Pending' && phase !== 'Running';
}

async function begin(
  plane: OperationsPlane,
  deeds: Deeds,
  change: PostgresChange,
  server: PostgresServer,
): Promise<ReconcileResult | undefined> {
  if (change.spec.cancel) {
    return void (await end(plane, change, 'Cancelled', { message: 'It was cancelled before it began.' }));
  }
  const began = await plane.alone(() => takeTurn(plane, deeds, change, server));
  if (isOver(began)) return undefined;
  if (began.status?.phase !== 'Running') return { requeueAfterMs: TURN_MS };
  return goOn({ plane, change: began, server }, deeds[change.spec.operation]);
}

async function takeTurn(
  plane: OperationsPlane,
  deeds: Deeds,
  change: PostgresChange,
  server: PostgresServer,
): Promise<PostgresChange> {
  const now = plane.clock().toISOString();
  const hold = holdOf(await plane.client.find(POLICY), now);
  const { items } = await plane.client.list<PostgresChange>(CHANGE);
  const turn = turnOf({ change, server, all: items, hold, now });
  if (turn.kind === 'refused') return end(plane, change, turn.phase, { message: turn.message });
  if (turn.kind === 'wait') return write(plane, change, { phase: 'Pending', message: turn.message });
  const [first] = deeds[change.spec.operation].steps;
  return write(plane, change, {
    phase: 'Running',
    startedAt: now,
    step: first?.name,
    steps: first ? [{ name: first.name, startedAt: now }] : [],
    message: undefined,
  });
}

/** From the step that it is at, until it has to wait or is over. */
async function goOn(
  { plane, change: at, server }: Pick<ChangeRun, 'plane' | 'change' | 'server'>,
  deed: Deed,
): Promise<ReconcileResult | undefined> {
  let change = at;
  for (;;) {
    const step = deed.steps.find(({ name }) => name === change.status?.step);
    if (!step) return void (await end(plane, change, 'Succeeded', { message: undefined }));
    const since = new Date(stepsOf(change).at(-1)?.startedAt ?? plane.clock());
    const run: ChangeRun = { plane, change, server, memo: change.status?.memo ?? {}, since };
    if (change.spec.cancel && step.cancellable) {
      await deed.undo?.(run, 'cancelled');
      return void (await end(plane, change, 'Cancelled', { message: `It was cancelled at the step ${step.name}.` }));
    }
    const outcome = await step.run(run);
    if (outcome.kind === 'failed') await deed.undo?.(run, 'failed');
    const next = nextStep(deed, step, outcome);
    change = await note(plane, change, { outcome, next });
    if (outcome.kind === 'again') return { requeueAfterMs: outcome.ms };
    if (isOver(change)) return undefined;
  }
}

function nextStep({ steps }: Deed, step: Step, outcome: StepEnd): Step | undefined {
  if (outcome.kind === 'back') return steps.find(({ name }) => name === outcome.to);
  return steps[steps.indexOf(step) + 1];
}

/** Writes down how a step ended, and which comes next. */
async function note(
  plane: OperationsPlane,
  change: PostgresChange,
  { outcome, next }: { outcome: StepEnd; next: Step | undefined },
): Promise<PostgresChange> {
  const { status = {} } = change;
  const now = plane.clock().toISOString();
  if (outcome.kind === 'over') return endBefore(plane, change);
  if (outcome.kind === 'skipped') return end(plane, change, 'Skipped', { message: outcome.said });
  if (outcome.kind === 'failed') {
    return end(plane, change, 'Failed', { ...away(status, outcome), message: outcome.said });
  }
  const kept = keptOf(status, outcome);
  if (outcome.kind === 'again') return write(plane, change, { ...kept, message: outcome.said });
  const steps = completed(stepsOf(change), now);
  const done = [...(status.done ?? []), ...(outcome.said === undefined ? [] : [outcome.said])];
  const said = { ...kept, ...away(status, 'downtime' in outcome ? outcome : {}), done };
  if (!next) return end(plane, change, 'Succeeded', { ...said, message: undefined });
  const begun = [...steps, { name: next.name, startedAt: now }];
  return write(plane, change, { ...said, step: next.name, steps: begun, message: undefined });
}

/** What is remembered, and what the server may do meanwhile. */
function keptOf(
  { memo: before }: PostgresChangeStatus,
  { memo, grant }: { memo?: Record<string, unknown>; grant?: Grant | null },
): PostgresChangeStatus {
  return {
    ...(memo ? { memo: { ...before, ...memo } } : {}),
    ...(grant === undefined ? {} : { grant: grant ?? undefined }),
  };
}

/** The step that it is at had nothing to do, and is none of those that it took. */
async function endBefore(plane: OperationsPlane, change: PostgresChange): Promise<PostgresChange> {
  const steps = stepsOf(change).slice(0, -1);
  return end(plane, { ...change, status: { ...change.status, steps } }, 'Succeeded', { message: undefined });
}

/** What was measured stays, also when a later step measures nothing. */
function away(
  { downtime: before }: PostgresChangeStatus,
  { downtime = before }: { downtime?: string },
): PostgresChangeStatus {
  return downtime === undefined ? {} : { downtime };
}

function stepsOf({ status }: PostgresChange): ChangeStep[] {
  return status?.steps ?? [];
}

function completed(steps: ChangeStep[], now: string): ChangeStep[] {
  return steps.map((step, n) => (n === steps.length - 1 ? { completedAt: now, ...step } : step));
}

/** The last word: nothing is let happen any more, and nothing is begun again. */
async function end(
  plane: OperationsPlane,
  change: PostgresChange,
  phase: Exclude<ChangePhase, 'Pending' | 'Running'>,
  said: PostgresChangeStatus,
): Promise<PostgresChange> {
  const completedAt = plane.clock().toISOString();
  const ended = await write(plane, change, {
    ...said,
    phase,
    completedAt,
    steps: completed(stepsOf(change), completedAt),
    step: undefined,
    grant: undefined,
  });
  plane.log.info('a change ended', { change: change.metadata.name, operation: change.spec.operation, phase });
  tell(plane, ended);
  return ended;
}

/** On the server: whoever looks after it sees there what was done. */
function tell({ events }: OperationsPlane, { spec, status = {} }: PostgresChange): void {
  const { phase = '', message, done = [], downtime } = status;
  const words = [done.join('; '), downtime === undefined ? '' : `connections were away for ${downtime}`, message ?? ''];
  events.record(
    { ...SERVER, name: spec.server },
    {
      type: phase === 'Failed' ? 'Warning' : 'Normal',
      reason: `${spec.operation}${phase}`,
      message: words.filter(Boolean).join('; ') || phase,
    },
  );
}

async function write(
  { client, clock }: OperationsPlane,
  change: PostgresChange,
  said: PostgresChangeStatus,
): Promise<PostgresChange> {
  const phase = said.phase ?? change.status?.phase ?? 'Pending';
  const finding = {
    type: 'Ready',
    status: phase === 'Succeeded' ? ('True' as const) : ('False' as const),
    reason: phase,
    message: said.message ?? '',
    observedGeneration: change.metadata.generation,
  };
  const conditions = setCondition(conditionsOf(change), finding, clock());
  const status: PostgresChangeStatus = JSON.parse(
    JSON.stringify({ ...change.status, ...said, conditions, observedGeneration: change.metadata.generation }),
  ) as PostgresChangeStatus;
  if (equalJson(status, change.status ?? {})) return change;
  return client.updateStatus<PostgresChange>({ ...change, status });
}

/** The label by which a server's changes are found. */
export function changeLabels(server: string): Record<string, string> {
  return { [CHANGE_SERVER_LABEL]: server };
}
