/**
 * The steps of a major upgrade: a server of the new major is made beside the one that serves, filled by logical replication, and takes its
 * place. Until the switch whatever fails leaves the old server as if nothing had been; the switch itself is one write of the instance's
 * record. Steps that find no upgrade to make let others go on.
 */
import { statfs } from 'node:fs/promises';
import {
  analyse,
  checkUpgrade,
  copyEverythingButRows,
  copyRoles,
  DUMP_MAJOR,
  fillViews,
  findKeyless,
  fingerprintOf,
  follow,
  inDatabase,
  judgeProgress,
  listDatabases,
  prepareReturn,
  readCatalogues,
  readProgress,
  readSnapshot,
  removeReplicationRole,
  removeTraces,
  BusyError,
  PATIENCE,
  type Finding,
  type KeylessTables,
} from '@larder/upgrade';
import { parseVersion } from '@larder/postgres';
import { placeIn } from '../../servers/place.ts';
import { findRecord } from '../../servers/record.ts';
import { findUpgrade, isSwitched } from '../../servers/upgrade-file.ts';
import { fitsIn } from '../measured.ts';
import type { ChangeRun, Deed, Step, StepEnd } from '../step.ts';
import { inBackground } from './background.ts';
import { makeTarget, removeTarget, rootOf } from './make.ts';
import { seatOf } from './seats.ts';
import { compareStep, firstBackupStep, openStep, switchStep } from './switch.ts';

/** What an upgrade remembers. */
export interface MajorMemo {
  to?: string;
  keyless?: KeylessTables;
  /** Of all catalogues, when the copy began. */
  fingerprint?: string;
  following?: string[];
  copiedAt?: string;
  lookedAt?: string;
  overs?: number;
  tries?: number;
}

export function memoOf({ memo }: Pick<ChangeRun, 'memo'>): MajorMemo {
  return memo;
}

const LOOK_MS = 500;
const LOCK_MS = 2_000;
/** How often the catalogues are looked at while rows are copied (ms). */
const WATCH_MS = 60_000;
/** For a lock, or for old transactions to end (ms). */
const BUSY_MS = 3_600_000;
const MOST_OVERS = 3;
/** Rows by COPY, and indexes (bytes a second); and what each upgrade takes beside (ms). */
const SPEED = 10 * 2 ** 20;
const BESIDE_MS = 30_000;

/** All, for one who asks for nothing else. */
export function majorSteps({ isAsked }: { isAsked: boolean }): Step[] {
  const steps = [makeStep(isAsked), checkStep, schemaStep, followStep, copyStep, prepareStep];
  return [...steps, switchStep, openStep, firstBackupStep, compareStep];
}

export function majorDeed(before: Step[] = []): Deed {
  return { steps: [...before, ...majorSteps({ isAsked: before.length === 0 })], undo };
}

function makeStep(isAsked: boolean): Step {
  return {
    name: 'NewServer',
    cancellable: true,
    async run(run) {
      const { plane, server, change } = run;
      const root = rootOf(plane, server.metadata.name);
      const to = server.spec.nextMajor?.version;
      const record = await findRecord(placeIn(root));
      const kept = findUpgrade(root);
      const isLater = change.spec.operation === 'Maintenance' && record?.wentBack?.from === to;
      if (to === undefined || isLater) {
        if (!isAsked) return { kind: 'over' };
        return { kind: 'failed', said: 'No major upgrade waits: set updatePolicy.version to a newer major first.' };
      }
      if (kept && isSwitched(kept, record)) {
        const until = kept.keptUntil ?? 'later';
        return {
          kind: 'failed',
          said: `The server before the last upgrade is kept until ${until}: ask again after that.`,
        };
      }
      if (memoOf(run).to === undefined) return { kind: 'again', ms: 1, memo: { to }, said: 'the new server is made' };
      const made = inBackground(run, 'make', () => makeTarget(run, to));
      return made.kind === 'running' ? { kind: 'again', ms: 100, said: 'the new server is made' } : { kind: 'done' };
    },
  };
}

/** Before anything of the server that serves is touched. */
const checkStep: Step = {
  name: 'Check',
  cancellable: true,
  async run(run) {
    const { plane, server, change } = run;
    const { source } = await seats(run);
    const snapshot = await readSnapshot(source);
    const { bavail, bsize } = await statfs(plane.home.instances);
    const findings = checkUpgrade(snapshot, {
      major: parseVersion(memoOf(run).to ?? '')?.major ?? 0,
      dumpMajor: DUMP_MAJOR,
      ...(await offerOf(run)),
      storageBytes: server.spec.storageBytes,
      freeBytes: bavail * bsize,
    });
    const stops = findings.filter(({ weight }) => weight === 'stop');
    if (stops.length > 0)
      return { kind: 'failed', said: `The upgrade can not begin: ${stops.map(wordsOf).join('; ')}` };
    const bytes = snapshot.databases.reduce((total, each) => total + each.bytes, 0);
    const needMs = BESIDE_MS + (bytes / SPEED) * 1_000;
    const { until } = change.spec;
    if (until !== undefined && !fitsIn(until, plane.clock(), needMs)) {
      await undo(run);
      const said = `The window closes at ${until}, and the major upgrade, which takes about ${Math.ceil(needMs / 60_000)} min, would not end before: make updatePolicy.window longer, or say when: larder upgrade.`;
      return { kind: 'skipped', said };
    }
    const estimatedEnd = new Date(plane.clock().getTime() + needMs).toISOString();
    const notes = findings.map(wordsOf).join('; ');
    return { kind: 'done', memo: { estimatedEnd }, ...(notes === '' ? {} : { said: `checked: ${notes}` }) };
  },
};

async function offerOf(run: ChangeRun): Promise<{ extensions: string[]; settings: string[] }> {
  const { target } = await seats(run);
  return inDatabase(target, 'postgres', async session => {
    const extensions = await session.rows<{ name: string }>('SELECT name::text AS name FROM pg_available_extensions');
    const settings = await session.rows<{ name: string }>('SELECT name FROM pg_settings');
    return { extensions: extensions.map(({ name }) => name), settings: settings.map(({ name }) => name) };
  });
}

function wordsOf({ said, remedy }: Finding): string {
  return remedy === undefined ? said : `${said} (${remedy})`;
}

const schemaStep: Step = {
  name: 'Schema',
  cancellable: true,
  async run(run) {
    const { source, target } = await seats(run);
    const major = parseVersion(memoOf(run).to ?? '')?.major ?? 0;
    try {
      const copied = inBackground(run, 'schema', async () => {
        const before = fingerprintOf(await readCatalogues(source));
        // What an attempt of another process left is thrown away with its server.
        if (await hasSchema(run)) await makeTarget(run, memoOf(run).to ?? '');
        await copyEverythingButRows(source, target, { major });
        return { before, keyless: await findKeyless(source) };
      });
      if (copied.kind === 'running') return { kind: 'again', ms: 100, said: 'the schema is copied' };
      return { kind: 'done', memo: { fingerprint: copied.value.before, keyless: copied.value.keyless } };
    } catch (error) {
      return { kind: 'failed', said: sentence(error as Error) };
    }
  },
};

/** Anything that a template hasn't. */
async function hasSchema(run: ChangeRun): Promise<boolean> {
  const { target } = await seats(run);
  const databases = await listDatabases(target);
  if (databases.some(name => name !== 'postgres' && name !== run.server.spec.database)) return true;
  const [row] = await inDatabase(target, run.server.spec.database, session =>
    session.rows<{ many: number }>(
      `SELECT (SELECT count(*)::int FROM pg_class WHERE oid >= 16384 AND relnamespace::regnamespace::text NOT LIKE 'pg\\_toast%')
            + (SELECT count(*)::int FROM pg_proc WHERE oid >= 16384) + (SELECT count(*)::int FROM pg_type WHERE oid >= 16384)
            + (SELECT count(*)::int FROM pg_namespace WHERE oid >= 16384) AS many`,
    ),
  );
  return (row?.many ?? 0) > 0;
}

const followStep: Step = {
  name: 'Follow',
  cancellable: true,
  async run(run) {
    const { source, target } = await seats(run);
    // The plane's reconciler writes the same from now on: the upgrade has a file.
    await source.host.admit('everybody');
    await target.host.admit('plane');
    try {
      const link = await source.link(target);
      const keyless = memoOf(run).keyless ?? {};
      const begun = inBackground(run, 'follow', () =>
        follow({ from: source, to: target, way: 'larder_upgrade', link, keyless, lockMs: LOCK_MS }),
      );
      if (begun.kind === 'running') return { kind: 'again', ms: 100, said: 'the new server begins to follow' };
      return { kind: 'done', memo: { following: begun.value, copiedAt: undefined } };
    } catch (error) {
      if (!(error instanceof BusyError)) throw error;
      if (run.plane.clock().getTime() - run.since.getTime() > BUSY_MS)
        return { kind: 'failed', said: `The upgrade did not come to begin: ${error.message}` };
      return { kind: 'again', ms: 5_000, said: `it waits: ${error.message}` };
    }
  },
};

/** Until the new server is near; the catalogues are looked at each minute. */
const copyStep: Step = {
  name: 'Copy',
  cancellable: true,
  async run(run) {
    const { plane, since, change } = run;
    const memo = memoOf(run);
    const { source, target } = await seats(run);
    const now = plane.clock();
    await ensureBeside(run);
    const isLookDue = memo.lookedAt === undefined || now.getTime() - Date.parse(memo.lookedAt) >= WATCH_MS;
    const changed = isLookDue && fingerprintOf(await readCatalogues(source)) !== memo.fingerprint;
    if (changed) return startOver(run, 'the schema was changed while it was copied');
    const { until } = change.spec;
    if (until !== undefined && !fitsIn(until, now, BESIDE_MS))
      return {
        kind: 'failed',
        said: `The window closes at ${until}, and the new server is not filled: make updatePolicy.window longer, or say when: larder upgrade.`,
      };
    const following = memo.following ?? [];
    const all = await Promise.all(following.map(database => readProgress(source, target, database, 'larder_upgrade')));
    const times = { now: now.getTime(), startedAt: since.getTime() };
    const copiedAt = memo.copiedAt === undefined ? {} : { copiedAt: Date.parse(memo.copiedAt) };
    const judged = judgeProgress(all, { ...times, ...copiedAt }, PATIENCE);
    const looked = isLookDue ? { lookedAt: now.toISOString() } : {};
    switch (judged.kind) {
      case 'near':
        return { kind: 'done', memo: looked };
      case 'startOver':
        return startOver(run, judged.why);
      case 'giveUp':
        return { kind: 'failed', said: sentence(new Error(judged.why)) };
      case 'copying':
        return { kind: 'again', ms: LOOK_MS, said: judged.said, memo: looked };
      case 'catchingUp':
        return {
          kind: 'again',
          ms: LOOK_MS,
          said: judged.said,
          memo: { copiedAt: now.toISOString(), ...memo, ...looked },
        };
    }
  },
};

/** What the new server has is thrown away, and all begins again; but not for ever. */
async function startOver(run: ChangeRun, why: string): Promise<StepEnd> {
  const overs = (memoOf(run).overs ?? 0) + 1;
  if (overs > MOST_OVERS)
    return {
      kind: 'failed',
      said: `The copy was begun ${overs} times: each time ${why}. Ask again when the schema stays.`,
    };
  await undo(run);
  return { kind: 'back', to: 'NewServer', said: `${why}: it begins again`, memo: { overs, lookedAt: undefined } };
}

/** So that the switch has as little to do as possible. */
const prepareStep: Step = {
  name: 'Prepare',
  cancellable: true,
  async run(run) {
    const { source, target } = await seats(run);
    await ensureBeside(run);
    try {
      const prepared = inBackground(run, 'prepare', async say => {
        await copyRoles(source, target);
        for (const database of await listDatabases(source)) {
          say(`statistics and views of the database ${database}`);
          await fillViews(source, target, database);
          await analyse(target, database);
          await prepareReturn(target, database, memoOf(run).keyless?.[database] ?? [], LOCK_MS);
        }
      });
      if (prepared.kind === 'ended') return { kind: 'done' };
      return { kind: 'again', ms: LOOK_MS, said: prepared.said ?? 'the switch is prepared' };
    } catch (error) {
      if (error instanceof BusyError) return { kind: 'again', ms: 5_000, said: `it waits: ${error.message}` };
      return { kind: 'failed', said: sentence(error as Error) };
    }
  },
};

/** The new server may have died, or the machine have been started again. */
async function ensureBeside(run: ChangeRun): Promise<void> {
  const { target } = await seats(run);
  const { port } = await target.record();
  await target.host.start(port, 'plane');
}

export async function seats({ plane, server }: Pick<ChangeRun, 'plane' | 'server'>): Promise<{
  source: ReturnType<typeof seatOf>;
  target: ReturnType<typeof seatOf>;
}> {
  return { source: seatOf(plane, server, 'source'), target: seatOf(plane, server, 'target') };
}

/** Nothing is left of it on the server that serves. Never after the switch. */
export async function undo(run: ChangeRun): Promise<void> {
  const { plane, server } = run;
  const root = rootOf(plane, server.metadata.name);
  const upgrade = findUpgrade(root);
  if (!upgrade || upgrade.by !== run.change.metadata.uid) return;
  if (isSwitched(upgrade, await findRecord(placeIn(root)))) return;
  const { source, target } = await seats(run);
  // Otherwise its own reconciler does.
  if (run.change.status?.grant?.handsOff) await source.host.start(upgrade.port, 'everybody');
  await target.host.stop();
  const { keyless = {} } = memoOf(run);
  const { systemIdentifier: follower = '' } = upgrade.target;
  await removeTraces(source, { way: 'larder_upgrade', follower, keyless, lockMs: LOCK_MS });
  await removeReplicationRole(source);
  await removeTarget(plane, server);
}

export function sentence({ message }: Error): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}
