/** One server, from whatever it is to what its object says: decide, act, look again. Runs as often as anybody likes. */
import type { PostgresServer } from '@larder/catalog';
import { addFinalizer, conditionsOf, removeFinalizer, type ReconcileResult } from '@larder/controller';
import { StatusError } from '@larder/kube';
import { waitUntilReady } from '@larder/postgres';
import { noteArchiving } from './archiving.ts';
import { checkEveryMs, isAsLeft, isCheckDue } from './check.ts';
import { ensureCredentials, type ServerCredentials } from './credentials.ts';
import { deathFindings, noteDeath } from './death.ts';
import { asNotReady } from './errors.ts';
import { writeCertificate } from './files.ts';
import { handsOffMark } from './hands-off.ts';
import { MEMORY_LOST } from './login.ts';
import { maintenanceFacts, untilNextMoment } from './maintenance.ts';
import { observeCertificate, observeInstance, uidOf } from './observe.ts';
import { settleRunning, type Settled } from './online.ts';
import { planServer, type Observed, type Step } from './plan.ts';
import { prepareInstance } from './prepare.ts';
import { findRecord, writeRecord, type InstanceRecord } from './record.ts';
import { removeInstance } from './remove.ts';
import { repairFindings } from './repair.ts';
import { answerChange, finishRestart, isUnanswered, restartServer, resumeRestart, startRestarted } from './restart.ts';
import { withRunningMajor } from './running-major.ts';
import { endOrphans, holdOff, RECOVERING, stopInstance } from './start.ts';
import { notReady, unwell, writeStatus, type Finding } from './status.ts';
import { storageFacts, storageFindings } from './storage.ts';
import { endWriters, isStorageStale, measureStorage } from './storage-watch.ts';
import { NotAcceptedError, NotReadyError, type Work } from './work.ts';

export const FINALIZER = 'local.larder.dev/postgres-server';

/** How often a server that is well is looked at in full: certificates end, and people change things by hand. */
const RESYNC_MS = 10 * 60_000;

export async function reconcileServer(work: Work): Promise<ReconcileResult> {
  const { plane, object, leave } = work;
  // The change that runs does all by itself, and begins when it hears that.
  if (leave.grant.handsOff) return keepOff(work);
  try {
    if (object.metadata.deletionTimestamp !== undefined) return await remove(work);
    work.object = withRunningMajor(
      await addFinalizer<PostgresServer>(plane.client, object, FINALIZER),
      await findRecord(work.place),
    );
    return await bring(work);
  } catch (error) {
    const problem = asNotReady(error);
    work.memory.settled = undefined;
    if (!problem) {
      await tellFault(work, error);
      throw error;
    }
    const accepted = problem instanceof NotAcceptedError ? [unwell('Accepted', problem.reason, problem.message)] : [];
    const findings = [notReady(problem.reason, problem.message), ...accepted, ...sideFindings(work, 'down')];
    await writeStatus(plane, work.object, findings);
    if (problem.reason === MEMORY_LOST && leave.settings) return restartLost(work);
    return { requeueAfterMs: problem.ms };
  }
}

async function keepOff({ plane, object, leave, memory }: Work): Promise<ReconcileResult> {
  memory.settled = undefined;
  memory.process = undefined;
  await writeStatus(plane, object, conditionsOf(object), {
    handsOff: leave.running && handsOffMark(leave.running),
  });
  return { requeueAfterMs: RESYNC_MS };
}

/** Nobody can log in, and its owner lets it be restarted at any time. */
async function restartLost(work: Work): Promise<ReconcileResult> {
  await stopInstance(work, await currentRecord(work));
  return { requeueAfterMs: 100 };
}

/** What nobody foresaw is tried again with backoff; until then the claim says what it was. */
async function tellFault(work: Work, error: unknown): Promise<void> {
  if (error instanceof StatusError || !(error instanceof Error)) return;
  const message = `${error.message}; it is tried again`;
  await writeStatus(work.plane, work.object, [notReady('ReconcileError', message), ...sideFindings(work, 'down')]);
}

async function bring(work: Work): Promise<ReconcileResult> {
  if (isStorageStale(work)) await measureStorage(work);
  await noteArchiving(work);
  const seen = await observe(work);
  if (seen.server.kind === 'running' && (await resumeRestart(work, seen.server.process))) return { requeueAfterMs: 0 };
  if (await isSettled(work, seen)) return stay(work, seen.record!);
  const { restart: unfinished } = seen.record ?? {};
  // Its end is no death: it was to end.
  if (unfinished && unfinished.completedAt === undefined) work.memory.judged = unfinished.process.startTicks;
  await noteDeath(work, seen);
  const steps = planServer(specNow(work), { ...seen, holdOffMs: holdOff(work) });
  const refused = await perform(work, seen, steps);
  const record = await runningRecord(work, seen);
  const credentials = await ensureCredentials(work, record);
  const reload = seen.server.kind === 'running' && steps.some(step => step.do === 'certify');
  const settled = await settleRunning(work, record, { reload, credentials });
  const because = restartCause(work, settled);
  if (because !== undefined) return restart(work, settled, because);
  settled.record = await answerChange(work, settled.record);
  const findings = [...settled.findings, ...(refused ? [unwell('Accepted', refused.reason, refused.message)] : [])];
  const facts = { ...settled.facts, ...maintenanceFacts(work, settled.record), ...storageFacts(work) };
  await writeStatus(work.plane, work.object, [...findings, ...sideFindings(work, 'up')], facts);
  work.memory.process = settled.record.process;
  work.memory.settled = mark(work, settled.record, credentials);
  work.memory.settledAt = performance.now();
  work.memory.provedAt = work.memory.settledAt;
  await endWriters(work, settled.record);
  if (!refused) await recordRequests(work);
  return { requeueAfterMs: Math.min(RESYNC_MS, checkEveryMs(work), untilNextMoment(work)) };
}

/** The spec with the version that may run now. */
function specNow({ object, leave }: Pick<Work, 'object' | 'leave'>): PostgresServer['spec'] {
  return { ...object.spec, version: leave.version };
}

/** A plane that comes back must know who was accepted before whom. */
async function recordRequests(work: Work): Promise<void> {
  const record = await currentRecord(work);
  const { requests } = work.object.spec;
  if (JSON.stringify(record.requests) !== JSON.stringify(requests))
    await writeRecord(work.place, { ...record, requests });
}

async function observe({ plane, place, object, leave }: Work): Promise<Observed> {
  return observeInstance({
    spec: specNow({ object, leave }),
    place,
    listen: plane.listen,
    caCertificate: plane.pki.caCertificate,
    offers: await plane.offers(),
    now: plane.clock(),
    holdOffMs: 0,
    separateUsers: plane.separateUsers,
    doesNotFit: plane.requests.take(object.metadata.name, object.spec.requests),
  });
}

/** Carries the steps out, in order. The refusal is returned, since what runs goes on; a wait ends the reconcile. */
async function perform(work: Work, seen: Observed, steps: Step[]): Promise<(Step & { do: 'refuse' }) | undefined> {
  for (const step of steps) {
    if (step.do === 'refuse') {
      if (seen.server.kind === 'running') return step;
      const Refusal = step.reason.startsWith('Data') ? NotReadyError : NotAcceptedError;
      throw new Refusal(step.reason, step.message, 60_000);
    }
    if (step.do === 'wait') throw new NotReadyError(step.reason, step.message, step.ms);
    await act(work, step.do);
  }
  return undefined;
}

async function act(work: Work, what: Exclude<Step['do'], 'refuse' | 'wait'>): Promise<void> {
  switch (what) {
    case 'prepare':
      return void (await prepareInstance(work));
    case 'certify':
      return certify(work);
    case 'start':
      return start(work);
    case 'endOrphans':
      return endOrphans(work, await currentRecord(work));
  }
}

/** An instance that was made ahead has its certificate. */
async function certify(work: Work): Promise<void> {
  const { plane, place } = work;
  if ((await observeCertificate(place, plane)) === 'valid') return;
  await writeCertificate(plane, place, (await currentRecord(work)).account);
}

/** The Secret is written while the server comes up: it must stand before the server hears of a password, not before it runs. */
async function start(work: Work): Promise<void> {
  const [started, written] = await Promise.allSettled([
    startRestarted(work),
    ensureCredentials(work, await currentRecord(work)),
  ]);
  for (const end of [started, written]) if (end.status === 'rejected') throw end.reason;
  await finishRestart(work);
}

/** The record of a server that takes connections. */
async function runningRecord(work: Work, seen: Observed): Promise<InstanceRecord> {
  const record = await currentRecord(work);
  const process = seen.server.kind === 'running' && !record.process ? seen.server.process : record.process;
  if (!process) throw new Error(`cannot find the process of ${work.object.metadata.name} although it was started`);
  const place = { data: work.place.data, uid: uidOf(record), process };
  const readiness = await waitUntilReady(place, { timeoutMs: 30_000, signal: work.plane.signal });
  if (readiness === 'dead') throw new NotReadyError('Crashed', 'the server died while it was being looked at', 100);
  if (readiness === 'starting') throw new NotReadyError('Recovering', RECOVERING, 2_000);
  return record;
}

/** Why the server has to be restarted now; nothing where it hasn't. */
function restartCause(work: Work, { restart: settings, record }: Settled): string | undefined {
  const { leave, memory } = work;
  const runs = record.binaries?.version;
  const isRejected = memory.rejected?.version === leave.version && !isUnanswered(work, record);
  if (runs !== leave.version && !isRejected)
    return `it is restarted with PostgreSQL ${leave.version} instead of ${runs}`;
  if (settings) return 'a changed setting needs a restart';
  return leave.grant.restart && isUnanswered(work, record) ? 'it is restarted, as its owner said' : undefined;
}

/** Brings in what needs a restart. Where the server doesn't come up with it, it runs on as before, and says so. */
async function restart(work: Work, settled: Settled, because: string): Promise<ReconcileResult> {
  await restartServer(work, settled.record, { because, settingsBefore: settled.settingsBefore });
  // What may be done now is another question than before.
  work.memory.settled = undefined;
  return { requeueAfterMs: 0 };
}

async function remove(work: Work): Promise<ReconcileResult> {
  work.memory.process = undefined;
  work.memory.settled = undefined;
  await removeInstance(work);
  for (const waiting of work.plane.requests.release(work.object.metadata.name)) work.plane.wake(waiting);
  await removeFinalizer(work.plane.client, work.object, FINALIZER);
  return {};
}

/** Nothing has changed since the last complete reconcile: what the object says stays, but for what is measured. */
async function stay(work: Work, record: InstanceRecord): Promise<ReconcileResult> {
  const side = sideFindings(work, 'up');
  const kept = conditionsOf(work.object).filter(({ type }) => !['StorageOk', 'Stable', 'OwnerIntact'].includes(type));
  await writeStatus(work.plane, work.object, [...kept, ...side], storageFacts(work));
  await endWriters(work, record);
  const now = performance.now();
  const untilCheck = checkEveryMs(work) - (now - work.memory.provedAt);
  const untilResync = RESYNC_MS - (now - work.memory.settledAt);
  return { requeueAfterMs: Math.max(100, Math.min(untilCheck, untilResync, untilNextMoment(work))) };
}

async function isSettled(work: Work, { server, record, certificate }: Observed): Promise<boolean> {
  const { memory, object, plane } = work;
  if (memory.settled === undefined || server.kind !== 'running' || !record || certificate !== 'valid') return false;
  if (performance.now() - memory.settledAt >= RESYNC_MS) return false;
  const ref = { apiVersion: 'v1', kind: 'Secret', ...object.spec.writeConnectionSecretToRef };
  const secret = await plane.client.find(ref);
  if (memory.settled !== mark(work, record, { resourceVersion: secret?.metadata.resourceVersion ?? '' })) return false;
  return !isCheckDue(work) || isAsLeft(work, record, await ensureCredentials(work, record));
}

/** All that a complete reconcile depends on. */
function mark(
  { object, leave }: Work,
  record: InstanceRecord,
  { resourceVersion }: Pick<ServerCredentials, 'resourceVersion'>,
): string {
  const { process, readOnly = false, archiving = false } = record;
  const { generation } = object.metadata;
  const { policy, running, last, version } = leave;
  const may = [
    version,
    leave.settings,
    policy.window,
    policy.hold,
    running?.metadata.uid,
    running?.status?.grant,
    running?.status?.message,
  ];
  return JSON.stringify([
    ...[generation, process?.pid, process?.startTicks, readOnly, archiving, resourceVersion],
    ...[...may, last?.metadata.uid, record.restart?.completedAt],
  ]);
}

async function currentRecord({ place, object }: Work): Promise<InstanceRecord> {
  const record = await findRecord(place);
  if (!record) throw new Error(`cannot go on with ${object.metadata.name}: its record is gone`);
  return record;
}

function sideFindings(work: Work, server: 'up' | 'down'): Finding[] {
  return [...storageFindings(work), ...deathFindings(work, server), ...repairFindings(work)];
}
