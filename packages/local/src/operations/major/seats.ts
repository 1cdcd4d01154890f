/**
 * The two servers of an upgrade as its steps use them: how to log in, to start, to end, to close. Which of them has the instance's record
 * is told by that record alone. Nobody else may start or end either meanwhile: the server beside is the upgrade's own, the other one is as
 * long as the change says hands off.
 */
import type { PostgresServer } from '@larder/catalog';
import {
  isAlive,
  observeServer,
  PLANE_ROLE,
  signalProcess,
  startServer,
  stopServer,
  waitUntilReady,
} from '@larder/postgres';
import type { Access, Host, Link, Party } from '@larder/upgrade';
import { ensureSocketFolder, wantedSettings, writeAccess, writeConfiguration } from '../../servers/files.ts';
import { admission } from '../../servers/limits.ts';
import { uidOf } from '../../servers/observe.ts';
import { placeIn, socketFolder } from '../../servers/place.ts';
import { portChooser } from '../../servers/ports.ts';
import { provideBinaries, recorded } from '../../servers/prepare.ts';
import { findRecordNow, writeRecord, type InstanceRecord } from '../../servers/record.ts';
import { findUpgrade, isSwitched, writeUpgrade, type UpgradeFile } from '../../servers/upgrade-file.ts';
import type { Site } from '../../servers/work.ts';
import type { OperationsPlane } from '../step.ts';

export type Which = 'source' | 'target';

export interface Seat extends Party {
  which: Which;
  record(): Promise<InstanceRecord>;
  /** As others follow it. */
  link(follower: Seat): Promise<Link>;
  certificate: string;
}

/** While it is beside the other one, in the same memory. */
const BESIDE = { shared_buffers: '32MB', max_worker_processes: '24', max_logical_replication_workers: '12' };

/** Of an instance with an upgrade; @throws Error where there is none */
export function seatOf(plane: OperationsPlane, server: PostgresServer, which: Which): Seat {
  const root = `${plane.home.instances}/${server.metadata.name}`;
  const upgrade = getUpgrade(root);
  const place = placeIn(root, upgrade[which].seat);
  const site: Site = {
    plane: plane.servers,
    place,
    object: which === 'target' ? ofNextMajor(server, upgrade) : server,
    progress: async () => undefined,
  };
  const seat: Seat = {
    which,
    certificate: place.tls,
    get endpoint() {
      const { port } = recordNow(root, which);
      return { socketFolder: socketFolder(plane.servers.socketRoot, port), port };
    },
    get login() {
      const { planePassword, firstPassword } = recordNow(root, which);
      return { user: PLANE_ROLE, password: firstPassword ?? planePassword };
    },
    host: hostOf(site, { root, which }),
    record: async () => recordNow(root, which),
    link: async follower => ({ port: recordNow(root, which).port, certificate: follower.certificate }),
  };
  return seat;
}

/** A port for the server beside: nobody needs to know it. */
export async function sparePort(plane: OperationsPlane): Promise<number> {
  const { home, listen } = plane.servers;
  const ports = portChooser(home, listen.addresses);
  return ports.choose();
}

function ofNextMajor(server: PostgresServer, { to }: UpgradeFile): PostgresServer {
  const { nextMajor } = server.spec;
  const settings = nextMajor?.version === to ? nextMajor.settings : server.spec.settings;
  return { ...server, spec: { ...server.spec, version: to, settings } };
}

export function getUpgrade(root: string): UpgradeFile {
  const found = findUpgrade(root);
  if (!found) throw new Error('the upgrade has no file');
  return found;
}

/** The instance's own where it has the port, also while an upgrade's file says otherwise. */
function recordNow(root: string, which: Which): InstanceRecord {
  const upgrade = getUpgrade(root);
  const main = mainOf(root);
  const hasPort = isSwitched(upgrade, main) ? 'target' : 'source';
  return which === hasPort && main ? main : upgrade[which];
}

function mainOf(root: string): InstanceRecord | undefined {
  return findRecordNow(placeIn(root));
}

function hostOf(site: Site, { root, which }: { root: string; which: Which }): Host {
  const keep = async (record: InstanceRecord): Promise<void> => {
    const upgrade = getUpgrade(root);
    const isMain = (isSwitched(upgrade, mainOf(root)) ? 'target' : 'source') === which;
    if (isMain) await writeRecord(site.place, record);
    else await writeUpgrade(root, { ...upgrade, [which]: record });
  };
  return {
    async start(port, access) {
      const record = recordNow(root, which);
      const runs = await runningOf(site, record);
      if (runs && record.port === port) return admit(site, record, access);
      if (runs) await stopServer(runs, record.account ?? undefined);
      await begin(site, { record: { ...record, port }, access, isBeside: port !== getUpgrade(root).port, keep });
    },
    async stop() {
      const record = recordNow(root, which);
      const runs = await runningOf(site, record);
      if (runs) await stopServer(runs, record.account ?? undefined);
    },
    admit: access => admit(site, recordNow(root, which), access),
  };
}

async function admit(site: Site, record: InstanceRecord, access: Access): Promise<void> {
  await writeAccess(site, record, access);
  const runs = await runningOf(site, record);
  if (runs) await signalProcess(runs, 'HUP', record.account ?? undefined);
}

async function runningOf({ place }: Site, record: InstanceRecord): Promise<InstanceRecord['process']> {
  const state = await observeServer({ data: place.data, uid: uidOf(record), recorded: record.process });
  return state.kind === 'running' ? state.process : undefined;
}

interface Begin {
  record: InstanceRecord;
  access: Access;
  /** The other one has the port that clients know. */
  isBeside: boolean;
  keep: (record: InstanceRecord) => Promise<void>;
}

async function begin(site: Site, { record, access, isBeside, keep }: Begin): Promise<void> {
  const { place } = site;
  const binaries = await provideBinaries(site, record.binaries?.version ?? site.object.spec.version, record.binaries);
  const settings = record.settings ?? wantedSettings(site, record);
  await writeConfiguration(site, record, isBeside ? { ...settings, ...BESIDE } : settings, access);
  const { process: started, exited } = await startServer({
    bin: binaries.bin,
    data: place.data,
    configuration: place.configuration,
    socketFolder: await ensureSocketFolder(site, record),
    port: record.port,
    account: record.account ?? undefined,
    startLog: place.startLog,
    admit: await admission(site),
  });
  await keep({ ...record, binaries: recorded(binaries), process: started, settings });
  const end = exited.catch((error: Error) => error.message);
  const at = { data: place.data, uid: uidOf(record), process: started };
  const readiness = await waitUntilReady(at, { timeoutMs: 60_000, exited: end, signal: site.plane.signal });
  if (readiness !== 'ready') {
    if (isAlive(started)) await stopServer(started, record.account ?? undefined);
    throw new Error(`cannot start PostgreSQL ${binaries.version} beside: it is ${readiness}`);
  }
}
