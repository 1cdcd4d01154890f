/**
 * A restart done well: what can be done beforehand is done while everybody is served; then new connections are kept out, idle ones end,
 * those at work have a little time, and the server starts again. What it is for is written down before anything ends, so that a plane
 * that was killed goes on where it was, and nothing is done twice.
 */
import { isAlive, signalProcess, stopServer, waitUntilReady, type ProcessRef, type Session } from '@larder/postgres';
import { setTimeout as delay } from 'node:timers/promises';
import { orderProblem } from './collations.ts';
import { planeSession } from './login.ts';
import { uidOf } from './observe.ts';
import { provideBinaries } from './prepare.ts';
import { findRecord, writeRecord, type InstanceRecord, type RestartRecord } from './record.ts';
import { RECOVERING, startInstance } from './start.ts';
import { NotReadyError, type Work } from './work.ts';

export interface RestartWish {
  /** Why, for its owner. */
  because: string;
  /** What it runs with if it doesn't start as wanted. */
  settingsBefore: Record<string, string>;
}

/** How long a moment without long transactions is waited for, with everybody served (ms). */
const QUIET_MS = 10_000;
/** How long sessions that are at work may take to end, with nobody let in (ms). */
const DRAIN_MS = 1_000;

/** Ends and starts the server. Returns when it takes connections, as wanted or, where it doesn't start so, as before. */
export async function restartServer(work: Work, record: InstanceRecord, wish: RestartWish): Promise<void> {
  const { leave, plane } = work;
  const { process } = record;
  if (!process) throw new Error(`cannot restart ${work.object.metadata.name}: it has no process`);
  const version = record.binaries?.version ?? leave.version;
  const problem = version === leave.version ? undefined : await prepareVersion(work, record).catch(cannotHave);
  if (problem !== undefined) return refuseRestart(work, record, problem);
  const session = await planeSession(work, record);
  try {
    await calmDown(session);
    await work.progress('Restarting', wish.because);
    const restart: RestartRecord = {
      ...whoseChange(work),
      process,
      startedAt: plane.clock().toISOString(),
      from: { version, settings: wish.settingsBefore },
      to: leave.version,
    };
    await writeRecord(work.place, { ...record, restart });
    await closeDoors(work, record, session);
  } finally {
    await session.close().catch(() => undefined);
  }
  await endServer(work, record, process);
  await startRestarted(work);
  await finishRestart(work);
}

/** A plane that comes back finds a restart half done. True when it has done something: then everything is looked at again. */
export async function resumeRestart(work: Work, runs: ProcessRef | undefined): Promise<boolean> {
  const record = await findRecord(work.place);
  const { restart } = record ?? {};
  if (!record || !restart || restart.completedAt !== undefined || !runs) return false;
  if (runs.pid === restart.process.pid && runs.startTicks === restart.process.startTicks) {
    await endServer(work, record, runs);
    return true;
  }
  const place = { data: work.place.data, uid: uidOf(record), process: runs };
  const readiness = await waitUntilReady(place, { timeoutMs: 30_000, signal: work.plane.signal });
  if (readiness === 'starting') throw new NotReadyError('Recovering', RECOVERING, 2_000);
  // One that died at its start has not been restarted: it is started again, with what ran before if need be.
  if (readiness === 'ready') await finishRestart(work);
  return true;
}

/** Starts with what the restart was for; where that fails, with what ran before. */
export async function startRestarted(work: Work): Promise<void> {
  const { restart } = (await findRecord(work.place)) ?? {};
  if (!restart || restart.completedAt !== undefined) {
    await startInstance(work);
    return;
  }
  if (restart.failure !== undefined) return startBefore(work, restart);
  try {
    await startInstance(work, { version: restart.to });
  } catch (error) {
    if (!(error instanceof NotReadyError) || error.reason !== 'StartFailed') throw error;
    await startAsBefore(work, restart, error.message);
  }
}

async function startAsBefore(work: Work, restart: RestartRecord, cause: string): Promise<void> {
  const { memory, object, place } = work;
  memory.failures = 0;
  memory.notBefore = 0;
  const record = await findRecord(place);
  if (!record) throw new Error(`cannot go on with ${object.metadata.name}: its record is gone`);
  const { from, to } = restart;
  memory.rejected = {
    // With a new version it may be that, or the settings: each is tried alone the next time.
    settings: to === from.version ? JSON.stringify(object.spec.settings) : '',
    ...(to === from.version ? {} : { version: to }),
    cause,
  };
  const failed = { ...restart, failure: cause };
  await writeRecord(place, {
    ...record,
    settings: restart.from.settings,
    restart: { ...failed, to: restart.from.version },
  });
  await startBefore(work, restart);
}

async function startBefore(work: Work, { from }: RestartRecord): Promise<void> {
  await startInstance(work, { version: from.version, settingsFor: () => from.settings });
}

/** Notes that it is over, once for each restart. */
export async function finishRestart({ place, plane }: Work): Promise<void> {
  const record = await findRecord(place);
  if (!record?.restart || record.restart.completedAt !== undefined) return;
  const completedAt = plane.clock().toISOString();
  await writeRecord(place, { ...record, restart: { ...record.restart, completedAt } });
}

/** The change that waits for an answer has one, also where nothing was to be done. */
export async function answerChange(work: Work, record: InstanceRecord, failure?: string): Promise<InstanceRecord> {
  const now = work.plane.clock().toISOString();
  const { by } = whoseChange(work);
  if (by === undefined || record.restart?.by === by || !record.process) return record;
  const version = record.binaries?.version ?? '';
  const restart: RestartRecord = {
    by,
    process: record.process,
    startedAt: now,
    completedAt: now,
    from: { version, settings: {} },
    to: version,
    idle: true,
    ...(failure === undefined ? {} : { failure }),
  };
  return writeRecord(work.place, { ...record, restart });
}

async function refuseRestart(work: Work, record: InstanceRecord, problem: string): Promise<void> {
  work.memory.rejected = { settings: '', version: work.leave.version, cause: problem };
  await answerChange(work, record, problem);
}

/** The server runs on; whoever asked hears why. */
function cannotHave(error: Error): string {
  return `version: its binaries can’t be had: ${error.message}`;
}

/** Binaries of the origin that the server has, and the same order of texts. Returns what is in the way, in words. */
async function prepareVersion(work: Work, record: InstanceRecord): Promise<string | undefined> {
  const { version } = work.leave;
  const { binaries: now } = record;
  const binaries = await provideBinaries(work, version, now);
  if (now && binaries.source !== now.source) {
    return `version: ${version} is on offer from ${binaries.source} only, and the server’s binaries are from ${now.source}: install that version there`;
  }
  return orderProblem(work, record, binaries);
}

/** As little as possible is left for the shutdown to write, and, if it can be had soon, nobody is in the middle of something long. */
async function calmDown(session: Session): Promise<void> {
  await session.rows('CHECKPOINT');
  const deadline = performance.now() + QUIET_MS;
  while (performance.now() < deadline) {
    const [row] = await session.rows<{ busy: boolean }>(
      `SELECT pg_catalog.count(*) > 0 AS busy FROM pg_catalog.pg_stat_activity
        WHERE backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid()
          AND xact_start < pg_catalog.clock_timestamp() - interval '500 milliseconds'`,
    );
    if (!row?.busy) break;
    await delay(100);
  }
  await session.rows('CHECKPOINT');
}

/** Nobody new comes in; whoever does nothing is sent home, whoever is at work when they are done, within bounds. */
async function closeDoors({ plane }: Work, record: InstanceRecord, session: Session): Promise<void> {
  const { process, account } = record;
  if (!process || !isAlive(process)) return;
  await signalProcess(process, 'TERM', account ?? undefined);
  const deadline = performance.now() + DRAIN_MS;
  try {
    while (performance.now() < deadline && !plane.signal.aborted) {
      const [row] = await session.rows<{ left: boolean }>(SEND_HOME);
      if (!row?.left) return;
      await delay(5);
    }
  } catch {
    // It went down by itself meanwhile: that is what was wanted.
  }
}

const SEND_HOME = `
  SELECT pg_catalog.bool_or(CASE WHEN state = 'idle' THEN NOT pg_catalog.pg_terminate_backend(pid) ELSE true END) AS left
    FROM pg_catalog.pg_stat_activity
   WHERE backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid()`;

async function endServer({ memory }: Work, record: InstanceRecord, server: ProcessRef): Promise<void> {
  memory.judged = server.startTicks;
  if (isAlive(server)) await stopServer(server, record.account ?? undefined);
}

/** Whose word it is; nothing where the policy alone lets it happen. */
function whoseChange({ leave }: Work): { by?: string } {
  const { running, grant } = leave;
  const isAsked = grant.restart === true || grant.settings === true || grant.version !== undefined;
  const uid = running?.metadata.uid;
  return isAsked && uid !== undefined ? { by: uid } : {};
}

/** Whether the change that runs asks for something that it has had no answer to. */
export function isUnanswered(work: Work, record: InstanceRecord): boolean {
  const { by } = whoseChange(work);
  return by !== undefined && record.restart?.by !== by;
}
