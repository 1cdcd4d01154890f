/** Makes the new server beside the one that serves, empty and closed; and takes it away again. Both may run twice. */
import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresServer } from '@larder/catalog';
import {
  createDataDirectory,
  isAlive,
  PLANE_ROLE,
  processesIn,
  quoteIdentifier,
  quoteLiteral,
  run,
  scramVerifier,
  signalProcess,
  stopServer,
} from '@larder/postgres';
import { inDatabase } from '@larder/upgrade';
import { makeFolders, writeAccess, writeCertificate, writeFollowerCertificate } from '../../servers/files.ts';
import { uidOf } from '../../servers/observe.ts';
import { placeIn, SEAT, type InstancePlace } from '../../servers/place.ts';
import { provideBinaries, recorded } from '../../servers/prepare.ts';
import { findRecord, type InstanceRecord } from '../../servers/record.ts';
import { findUpgrade, isSwitched, removeUpgrade, writeUpgrade } from '../../servers/upgrade-file.ts';
import type { ChangeRun, OperationsPlane } from '../step.ts';
import { seatOf, sparePort } from './seats.ts';

export function rootOf({ home }: Pick<OperationsPlane, 'home'>, server: string): string {
  return join(home.instances, server);
}

/** Whatever an attempt left goes first. Returns when the new server runs. */
export async function makeTarget({ plane, change, server }: ChangeRun, to: string): Promise<void> {
  const root = rootOf(plane, server.metadata.name);
  const source = await findRecord(placeIn(root));
  if (!source?.systemIdentifier) throw new Error('the instance has no server yet');
  await removeTarget(plane, server);
  const seat = await nextSeat(root, source);
  const place = placeIn(root, seat);
  await mkdir(place.folder, { recursive: true, mode: 0o711 });
  await chmod(place.folder, 0o711);
  await makeFolders(place, source.account);
  await writeCertificate(plane.servers, place, source.account);
  const site = { plane: plane.servers, progress: async () => undefined };
  const binaries = await provideBinaries(site, to, source.binaries);
  const made = await createDataDirectory({
    data: place.data,
    binaries,
    templates: plane.home.templates,
    account: source.account ?? undefined,
    database: server.spec.database,
    owner: server.spec.owner,
  });
  const { objectUid, account, metricsPassword, probePassword, requests } = source;
  const target: InstanceRecord = {
    ...{ objectUid, account, metricsPassword, probePassword, requests, seat },
    port: await sparePort(plane),
    incarnation: randomBytes(8).toString('hex'),
    planePassword: randomBytes(24).toString('base64url'),
    firstPassword: made.password,
    systemIdentifier: made.systemIdentifier,
    binaries: recorded(binaries),
  };
  await writeFollowerCertificate(plane.servers, place, target);
  // The way back.
  await writeFollowerCertificate(plane.servers, placeIn(root, source.seat), source);
  const from = source.binaries?.version ?? '';
  const { settings } = server.spec;
  const by = change.metadata.uid ?? '';
  await writeUpgrade(root, { by, from, to, port: source.port, source, target, settings });
  await startTarget(plane, server, target.port);
}

async function startTarget(plane: OperationsPlane, server: PostgresServer, port: number): Promise<void> {
  const root = rootOf(plane, server.metadata.name);
  const seat = seatOf(plane, server, 'target');
  await seat.host.start(port, 'plane');
  const { planePassword } = await seat.record();
  const verifier = await scramVerifier(planePassword);
  await inDatabase(seat, 'postgres', session =>
    session.rows(`ALTER ROLE ${quoteIdentifier(PLANE_ROLE)} PASSWORD ${quoteLiteral(verifier)}`),
  );
  const upgrade = findUpgrade(root)!;
  const { firstPassword: _, ...target } = upgrade.target;
  await writeUpgrade(root, { ...upgrade, target });
}

/** Never one that was used: what lies there may still be open. */
async function nextSeat(root: string, { seat }: InstanceRecord): Promise<string> {
  const numbers = [...(await readdir(root)).filter(name => SEAT.test(name)), seat ?? 's1'].map(name =>
    Number(name.slice(1)),
  );
  return `s${Math.max(1, ...numbers) + 1}`;
}

/** The server that doesn't have the port goes with all that it has. Does nothing where there is none. */
export async function removeTarget(plane: OperationsPlane, server: PostgresServer): Promise<void> {
  const root = rootOf(plane, server.metadata.name);
  const upgrade = findUpgrade(root);
  const main = await findRecord(placeIn(root));
  if (main === undefined) return;
  const own = main.seat;
  if (upgrade) {
    const beside = isSwitched(upgrade, main) ? upgrade.source : upgrade.target;
    await endSeat(placeIn(root, beside.seat), beside);
  }
  const seats = (await readdir(root)).filter(name => SEAT.test(name) && name !== own);
  for (const name of seats) await removeSeat(placeIn(root, name), main);
  // The first seat is the instance's own folder, where the record stays.
  if (own !== undefined) await removeFirstSeat(root, main);
  await removeUpgrade(root);
  await letInApplications(plane, server, main);
}

/** Without the upgrade's file nobody else comes in. */
async function letInApplications(plane: OperationsPlane, object: PostgresServer, main: InstanceRecord): Promise<void> {
  const place = placeIn(rootOf(plane, object.metadata.name), main.seat);
  await writeAccess({ plane: plane.servers, place, object }, main, 'everybody');
  const runs = main.process && isAlive(main.process) ? main.process : undefined;
  if (runs) await signalProcess(runs, 'HUP', main.account ?? undefined);
}

async function removeSeat(place: InstancePlace, record: InstanceRecord): Promise<void> {
  await endSeat(place, record);
  for (const folder of [place.data, place.log]) await emptyAs(folder, record);
  await rm(place.folder, { recursive: true, force: true });
}

async function removeFirstSeat(root: string, record: InstanceRecord): Promise<void> {
  const place = placeIn(root);
  await endSeat(place, record);
  for (const folder of [place.data, place.log]) await emptyAs(folder, record);
  for (const path of [place.data, place.log, place.configuration, place.tls, place.archived, place.startLog])
    await rm(path, { recursive: true, force: true });
}

async function endSeat(place: InstancePlace, record: InstanceRecord): Promise<void> {
  const account = record.account ?? undefined;
  const all = processesIn(place.data, uidOf(record));
  const postmaster = all.find(({ pid, parent }) => !all.some(other => other.pid === parent && other.pid !== pid));
  if (postmaster) await stopServer(postmaster, account, { fastMs: 30_000 });
  for (const left of processesIn(place.data, uidOf(record))) await signalProcess(left, 'KILL', account);
}

/** By the account that owns what is there: it can only lead to what is its own. */
async function emptyAs(folder: string, { account }: InstanceRecord): Promise<void> {
  const there = await lstat(folder).catch(() => undefined);
  if (!there?.isDirectory()) return;
  await run('find', [folder, '-mindepth', '1', '-delete'], { account: account ?? undefined, timeoutMs: 600_000 });
}
