/**
 * Looks after the server before a major upgrade as long as it is kept: that it runs and follows, whether the schema has changed since (then
 * nobody can go back any more), and its end. Also begins the upgrade of an instance whose owner lets all be done at once.
 */
import { LOCAL_API_VERSION, POLICY, holdOf, type PostgresServer } from '@larder/catalog';
import { refOfKey, type ReconcileResult } from '@larder/controller';
import { isAlreadyExists } from '@larder/kube';
import {
  dropSlot,
  fingerprintOf,
  inDatabase,
  readCatalogues,
  removeReplicationRole,
  removeTraces,
  slotName,
} from '@larder/upgrade';
import { placeIn } from '../../servers/place.ts';
import { findRecord } from '../../servers/record.ts';
import { findUpgrade, isSwitched, orderBefore, writeUpgrade, type UpgradeFile } from '../../servers/upgrade-file.ts';
import { removeOrder } from '../../storage/archives.ts';
import { changeLabels } from '../executor.ts';
import type { OperationsPlane } from '../step.ts';
import { removeTarget, rootOf } from './make.ts';
import { getUpgrade, seatOf } from './seats.ts';

const SERVER = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresServer' };
const LOOK_MS = 60_000;

export async function reconcileMajor(plane: OperationsPlane, key: string): Promise<ReconcileResult | undefined> {
  const server = await plane.client.find<PostgresServer>(refOfKey(SERVER, key));
  if (!server || server.metadata.deletionTimestamp !== undefined) return undefined;
  const root = rootOf(plane, key);
  const upgrade = findUpgrade(root);
  const record = await findRecord(placeIn(root));
  // While a change is at work with it, it is that change's.
  const isBusy = server.status?.maintenance?.current !== undefined || server.status?.handsOff !== undefined;
  if (isBusy) return upgrade ? { requeueAfterMs: LOOK_MS } : undefined;
  if (upgrade && isSwitched(upgrade, record)) return keep(plane, server, upgrade);
  await beginAtOnce(plane, server, record?.wentBack?.from);
  return undefined;
}

async function keep(
  plane: OperationsPlane,
  server: PostgresServer,
  upgrade: UpgradeFile,
): Promise<ReconcileResult | undefined> {
  const now = plane.clock();
  if (upgrade.keptUntil === undefined || upgrade.returning === undefined) return { requeueAfterMs: LOOK_MS };
  if (now.toISOString() >= upgrade.keptUntil) {
    await remove(plane, server, upgrade);
    return undefined;
  }
  const left = Date.parse(upgrade.keptUntil) - now.getTime();
  if (!upgrade.ended) await look(plane, server, upgrade);
  return { requeueAfterMs: Math.max(100, Math.min(LOOK_MS, left)) };
}

async function look(plane: OperationsPlane, server: PostgresServer, upgrade: UpgradeFile): Promise<void> {
  const root = rootOf(plane, server.metadata.name);
  const target = seatOf(plane, server, 'target');
  const isSame = fingerprintOf(await readCatalogues(target)) === upgrade.catalogue;
  if (isSame) return seatOf(plane, server, 'source').host.start(upgrade.source.port, 'plane');
  const why = 'the schema was changed, which replication does not carry';
  await writeUpgrade(root, { ...getUpgrade(root), ended: { at: plane.clock().toISOString(), why } });
  // Nothing is kept for it any more.
  await seatOf(plane, server, 'source').host.stop();
  for (const database of upgrade.returning ?? [])
    await inDatabase(target, database, async session => dropSlot(session, await slotName(session, 'larder_return')));
  tell(plane, server, {
    type: 'Warning',
    reason: 'RollbackOver',
    message: `Nobody can go back to PostgreSQL ${upgrade.from} any more: ${why}.`,
  });
}

/** Its time is over. */
async function remove(plane: OperationsPlane, server: PostgresServer, upgrade: UpgradeFile): Promise<void> {
  const { name } = server.metadata;
  const target = seatOf(plane, server, 'target');
  const source = seatOf(plane, server, 'source');
  await source.host.stop();
  const { systemIdentifier: follower = '' } = upgrade.source;
  await removeTraces(target, { way: 'larder_return', follower, keyless: upgrade.keyless ?? {}, lockMs: 2_000 });
  await removeReplicationRole(target);
  removeOrder(plane.home, 'archives', orderBefore(name));
  await removeTarget(plane, server);
  tell(plane, server, {
    type: 'Normal',
    reason: 'OldServerRemoved',
    message: `PostgreSQL ${upgrade.from}, which was kept since the upgrade, was removed.`,
  });
}

function tell(
  { events }: OperationsPlane,
  { metadata }: PostgresServer,
  event: { type: 'Normal' | 'Warning'; reason: string; message: string },
): void {
  events.record({ ...SERVER, name: metadata.name }, event);
}

/** Once for each state of the object: one that failed is not tried again by itself. */
async function beginAtOnce(
  plane: OperationsPlane,
  server: PostgresServer,
  wentBackFrom: string | undefined,
): Promise<void> {
  const { nextMajor, apply } = server.spec;
  const { name, uid = '', generation = 0 } = server.metadata;
  if (!nextMajor || apply !== 'Immediate' || nextMajor.version === wentBackFrom) return;
  const isReady = server.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
  const isCurrent = server.status?.observedGeneration === generation;
  if (!isReady || !isCurrent || holdOf(await plane.client.find(POLICY), plane.clock().toISOString())) return;
  const change = {
    apiVersion: LOCAL_API_VERSION,
    kind: 'PostgresChange',
    metadata: {
      name: `${name}-to-${nextMajor.version}-${generation}`,
      labels: changeLabels(name),
      ownerReferences: [{ ...SERVER, name, uid }],
    },
    spec: { server: name, operation: 'MajorVersionUpgrade' },
  };
  await plane.client.create(change).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
}
