/**
 * The switch, and what follows it. It owns the instance while it lasts: the server's reconciler says that it keeps its hands off before
 * anything is touched. One write of the instance's record decides which server is the truth; a plane that comes back goes on from there.
 */
import { APPLIES_AS_OWNER, LOCAL_API_VERSION, type PostgresArchive, type PostgresBackup } from '@larder/catalog';
import {
  compareSnapshots,
  copyRoles,
  fingerprintOf,
  followBack,
  goBack,
  listDatabases,
  openSnapshot,
  readCatalogues,
  removeTraces,
  stopFollowing,
  switchOver,
  type Snapshot,
  type SwitchOptions,
} from '@larder/upgrade';
import { handsOffMark } from '../../servers/hands-off.ts';
import { placeIn } from '../../servers/place.ts';
import { findRecord, writeRecord } from '../../servers/record.ts';
import { isSwitched, orderBefore, writeUpgrade, type UpgradeFile } from '../../servers/upgrade-file.ts';
import { findOrder, writeOrder } from '../../storage/archives.ts';
import type { ChangeRun, Step, StepEnd } from '../step.ts';
import { inBackground } from './background.ts';
import { rootOf } from './make.ts';
import { getUpgrade, sparePort } from './seats.ts';
import { memoOf, seats, sentence } from './upgrade.ts';

/** How long the server before is kept (ms). */
export const KEEP_MS = 24 * 3_600_000;
const MOST_TRIES = 3;
/** Opened at the switch, compared afterwards; lost with the plane. */
const snapshots = new Map<string, { source?: Snapshot; target?: Snapshot }>();

/** Nobody else touches the server any more; `undefined` once that is so. */
export function handsOff({ change, server }: ChangeRun): StepEnd | undefined {
  if (change.status?.grant?.handsOff && server.status?.handsOff === handsOffMark(change)) return undefined;
  return { kind: 'again', ms: 20, grant: { handsOff: true }, said: 'the switch begins' };
}

export const switchStep: Step = {
  name: 'Switch',
  cancellable: false,
  async run(run) {
    const { plane, server } = run;
    const root = rootOf(plane, server.metadata.name);
    const upgrade = getUpgrade(root);
    if (isSwitched(upgrade, await findRecord(placeIn(root)))) return letIn(run);
    const waits = handsOff(run);
    if (waits) return waits;
    const options = await optionsOf(run);
    try {
      // Where a plane ended in the middle of it the old server serves again first.
      await goBack(options);
      const began = performance.now();
      await switchOver(options);
      const downtime = `${((performance.now() - began - held.get(server.metadata.name)!) / 1_000).toFixed(2)}s`;
      return { kind: 'done', downtime, said: `version ${upgrade.from} → ${upgrade.to}`, memo: { switched: true } };
    } catch (error) {
      if (isSwitched(upgrade, await findRecord(placeIn(root)))) throw error;
      const tries = (memoOf(run).tries ?? 0) + 1;
      if (tries >= MOST_TRIES) return { kind: 'failed', said: sentence(error as Error) };
      return {
        kind: 'again',
        ms: 10_000,
        memo: { tries },
        grant: null,
        said: `the switch is tried again: ${(error as Error).message}`,
      };
    }
  },
};

/** How long after its begin a switch closed the doors (ms). */
const held = new Map<string, number>();

/** It was cut short behind the write that decides. */
async function letIn(run: ChangeRun): Promise<StepEnd> {
  const { target } = await seats(run);
  const waits = handsOff(run);
  if (waits) return waits;
  const { port, from, to } = getUpgrade(rootOf(run.plane, run.server.metadata.name));
  await target.host.start(port, 'everybody');
  return { kind: 'done', said: `version ${from} → ${to}`, memo: { switched: true } };
}

async function optionsOf(run: ChangeRun): Promise<SwitchOptions> {
  const { plane, server, change } = run;
  const name = server.metadata.name;
  const root = rootOf(plane, name);
  const { source, target } = await seats(run);
  const { following = [], fingerprint } = memoOf(run);
  const upgrade = getUpgrade(root);
  const roles = async (): Promise<void> => copyRoles(source, target);
  const began = performance.now();
  return {
    from: source,
    to: target,
    way: 'larder_upgrade',
    databases: await listDatabases(source).catch(() => following),
    following,
    port: upgrade.port,
    spare: (await target.record()).port === upgrade.port ? await sparePort(plane) : (await target.record()).port,
    back: 'larder_return',
    closing: () => void held.set(name, performance.now() - began),
    async check() {
      const [now] = await Promise.all([readCatalogues(source), roles()]);
      if (fingerprintOf(now) !== fingerprint) throw new Error('the schema was changed since it was copied');
    },
    async opened() {
      snapshots.set(change.metadata.uid ?? '', { target: await openSnapshot(target, following) });
    },
    async committed() {
      const order = findOrder(plane.home, 'archives', name);
      const switchedAt = plane.clock().toISOString();
      const keptUntil = new Date(plane.clock().getTime() + (plane.keepOldMs ?? KEEP_MS)).toISOString();
      const main = await findRecord(placeIn(root));
      if (!main) throw new Error('the record is gone');
      const file = getUpgrade(root);
      // The old one's own record, as it is by now, moves beside.
      await writeUpgrade(root, {
        ...file,
        source: main,
        switchedAt,
        keptUntil,
        keyless: memoOf(run).keyless,
        ...(order ? { order } : {}),
      });
      const { archiving, readOnly } = main;
      await writeRecord(placeIn(root), { ...file.target, archiving, readOnly });
    },
  };
}

/** The old server is fed from now on, and the instance is its reconciler's again. */
export const openStep: Step = {
  name: 'Open',
  cancellable: false,
  async run(run) {
    const { plane, server } = run;
    const { source, target } = await seats(run);
    const root = rootOf(plane, server.metadata.name);
    const upgrade = getUpgrade(root);
    const { following = [] } = memoOf(run);
    // It serves already: its reconciler may look after it while the old one gets ready.
    if (run.change.status?.grant?.handsOff)
      return { kind: 'again', ms: 1, grant: null, said: 'the server before begins to follow' };
    await leavePort(run, upgrade);
    await source.host.start(getUpgrade(root).source.port, 'plane');
    await openOldSnapshot(run, source);
    const why = whyNotBack(upgrade.from);
    if (!why) await followBack({ from: target, to: source, link: await target.link(source) }, following);
    await stopFollowing(target, 'larder_upgrade');
    await removeTraces(source, {
      way: 'larder_upgrade',
      follower: upgrade.target.systemIdentifier ?? '',
      keyless: {},
      lockMs: 2_000,
    });
    await writeUpgrade(root, {
      ...getUpgrade(root),
      returning: why ? [] : following,
      catalogue: fingerprintOf(await readCatalogues(target)),
      ...(why ? { ended: { at: plane.clock().toISOString(), why } } : {}),
    });
    const kept = `PostgreSQL ${upgrade.from} is kept until ${upgrade.keptUntil ?? 'later'}`;
    return {
      kind: 'done',
      said: why ? `${kept}, and nobody can go back: ${why}` : `${kept} and follows: larder rollback`,
    };
  },
};

/** Of the same moment as that of the new one: nobody has written to the old one since. */
async function openOldSnapshot(run: ChangeRun, source: Parameters<typeof openSnapshot>[0]): Promise<void> {
  const mine = snapshots.get(run.change.metadata.uid ?? '');
  if (mine?.target && !mine.source) mine.source = await openSnapshot(source, memoOf(run).following ?? []);
}

/** The old server gets another one. May run twice. */
async function leavePort({ plane, server }: ChangeRun, upgrade: UpgradeFile): Promise<void> {
  if (upgrade.source.port !== upgrade.port) return;
  const source = { ...upgrade.source, port: await sparePort(plane), process: undefined };
  await writeUpgrade(rootOf(plane, server.metadata.name), { ...upgrade, source });
}

/** Why what is written from now on can't be carried back to a server of this version; `undefined` where it can. */
export function whyNotBack(version: string): string | undefined {
  if (Number.parseInt(version, 10) >= APPLIES_AS_OWNER) return undefined;
  return `before PostgreSQL ${APPLIES_AS_OWNER} replication would run the owner's functions there as a superuser`;
}

/** The new server archives under a name of its own: from this backup on it can be brought back. What the old one wrote last is archived, too. */
export const firstBackupStep: Step = {
  name: 'FirstBackup',
  cancellable: false,
  async run(run) {
    const { plane, change, server, since } = run;
    const name = server.metadata.name;
    const archive = await plane.client.find<PostgresArchive>({ ...ARCHIVE, name });
    if (!archive) return { kind: 'done' };
    const { order, target } = getUpgrade(rootOf(plane, name));
    const now = findOrder(plane.home, 'archives', name);
    const waited = plane.clock().getTime() - since.getTime();
    if (now?.systemIdentifier !== target.systemIdentifier) {
      if (waited < PATIENCE_MS) return { kind: 'again', ms: 1_000, said: 'the new server begins to archive' };
      return { kind: 'done', said: 'the new server does not archive yet: larder describe says why' };
    }
    if (order) writeOrder(plane.home, 'archives', { ...order, server: orderBefore(name) });
    const backup = `${change.metadata.name}-first`;
    const made = await plane.client.find<PostgresBackup>({ ...BACKUP, name: backup });
    if (!made) {
      const { apiVersion, kind, metadata } = change;
      const ownerReferences = [{ apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '' }];
      await plane.client.create({ ...BACKUP, metadata: { name: backup, ownerReferences }, spec: { server: name } });
      return { kind: 'again', ms: 1_000, said: 'the first backup of the new server is made' };
    }
    const { phase, backupName, message = '' } = made.status ?? {};
    if (phase === 'Succeeded') return { kind: 'done', said: `backup ${backupName ?? ''}` };
    if (phase === 'Failed') return { kind: 'done', said: `the first backup of the new server failed: ${message}` };
    if (waited > PATIENCE_MS * 4)
      return { kind: 'done', said: 'the first backup of the new server is still being made' };
    return { kind: 'again', ms: 1_000, said: 'the first backup of the new server is made' };
  },
};

const ARCHIVE = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresArchive' };
const BACKUP = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresBackup' };
const PATIENCE_MS = 900_000;

/** Proof that both hold the same, while traffic goes on. */
export const compareStep: Step = {
  name: 'Compare',
  cancellable: false,
  async run(run) {
    const { plane, server, change } = run;
    const uid = change.metadata.uid ?? '';
    const { source, target } = snapshots.get(uid) ?? {};
    if (!source || !target) return proved(run, 'the plane was started again: both servers were not compared');
    try {
      const compared = inBackground(run, 'compare', async say => compareSnapshots(source, target, say));
      if (compared.kind === 'running') return { kind: 'again', ms: 1_000, said: `compared: ${compared.said ?? 'all'}` };
      const { tables, rows, differences } = compared.value;
      await forget(uid);
      if (differences.length === 0)
        return await proved(run, `${tables} tables with ${rows} rows are the same on both servers`);
      const first = differences
        .slice(0, 3)
        .map(({ database, table, why }) => `${database} ${table}: ${why}`)
        .join('; ');
      const said = `the servers differ in ${differences.length} of ${tables} tables: ${first}: larder rollback goes back`;
      const about = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresServer', name: server.metadata.name };
      plane.events.record(about, { type: 'Warning', reason: 'UpgradeDiffers', message: said });
      return await proved(run, said);
    } catch (error) {
      await forget(uid);
      return proved(run, `both servers could not be compared: ${(error as Error).message}`);
    }
  },
};

async function forget(uid: string): Promise<void> {
  const { source, target } = snapshots.get(uid) ?? {};
  snapshots.delete(uid);
  await Promise.all([source?.close(), target?.close()]);
}

async function proved(run: ChangeRun, proof: string): Promise<StepEnd> {
  const root = rootOf(run.plane, run.server.metadata.name);
  const upgrade = getUpgrade(root);
  // One that doesn't follow has no more to do.
  if (upgrade.ended) await (await seats(run)).source.host.stop();
  await writeUpgrade(root, { ...upgrade, proof });
  return { kind: 'done', said: proof };
}
