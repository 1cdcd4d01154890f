/** Runs the reconciler of PostgreSQL servers: one controller, one watch over the processes, one over the storage. */
import { chmod, mkdir, readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { LOCAL_API_VERSION, POLICY, type PostgresChange, type PostgresServer } from '@larder/catalog';
import { keyOf, type KubeObject } from '@larder/kube';
import { refOfKey, runController, type Controller } from '@larder/controller';
import {
  ensureBinaries,
  ensureTemplate,
  listVersions,
  packageName,
  ProcessWatch,
  type VersionOffer,
} from '@larder/postgres';
import type { Home } from '../home/home.ts';
import { SERVER_LABEL } from './credentials.ts';
import { Disk } from './disk.ts';
import { leaveOf } from './leave.ts';
import { openLimits } from './limits.ts';
import { canSeparateUsers, capacityHere } from './machine.ts';
import { loopback, type PostgresServersOptions } from './options.ts';
import { placeOf, socketRoot } from './place.ts';
import { portChooser } from './ports.ts';
import { reconcileServer } from './reconcile.ts';
import { findRecord } from './record.ts';
import { withRunningMajor } from './running-major.ts';
import { Requests, type Requested } from './requests.ts';
import { Spares } from './spares.ts';
import { notReady, writeStatus } from './status.ts';
import { isMeasureDue, isMeasureUrgent, measureAll } from './storage-watch.ts';
import { newMemory, type Memory, type Plane, type Work } from './work.ts';

const SERVER = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresServer' };
const CHANGE = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresChange' };
const ARCHIVE = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresArchive' };

/** How often the processes are looked at. One small file a server. */
const LOOK_MS = 1_000;

/** How often the disk is: one system call, and a disk can fill in seconds. */
const DISK_LOOK_MS = 250;

/** Ends after the signal aborted and the last reconcile ended. The servers go on. @throws Error when the home can't be used */
export async function runPostgresServers(options: PostgresServersOptions): Promise<void> {
  const plane = await openPlane(options, { idle: () => controller.idle(), wake: key => controller.enqueue(key) });
  const memories = new Map<string, Memory>();
  const memoryOf = (key: string): Memory => {
    const known = memories.get(key) ?? newMemory();
    memories.set(key, known);
    return known;
  };
  const controller = runController({
    client: options.client,
    name: 'postgres-server',
    watches: [
      { kind: SERVER },
      { kind: ARCHIVE, map: archive => [keyOf(archive)] },
      { kind: CHANGE, map: change => [(change as PostgresChange).spec.server] },
      // The plane's policy is about all of them.
      {
        kind: { apiVersion: POLICY.apiVersion, kind: POLICY.kind },
        map: map => (isPolicy(map) ? [...memories.keys()] : []),
      },
      {
        kind: { apiVersion: 'v1', kind: 'Secret' },
        labelSelector: SERVER_LABEL,
        map: secret => [secret.metadata.labels?.[SERVER_LABEL] ?? ''].filter(Boolean),
      },
    ],
    reconcile: key => reconcileKey(plane, key, memoryOf(key)),
    concurrency: options.concurrency ?? 4,
    signal: options.signal,
    log: options.log,
    events: options.events,
  });
  const processes = new ProcessWatch();
  const watching = setInterval(() => reportDead(processes, memories, controller), LOOK_MS);
  const disk = watchDisk(plane, memories, controller);
  const warm = warmUp(plane);
  await controller.stopped.finally(() => {
    clearInterval(watching);
    processes.close();
  });
  await Promise.all([warm, disk]);
  await plane.spares.settled();
}

async function openPlane(
  options: PostgresServersOptions,
  { idle, wake }: { idle: () => Promise<void>; wake: (server: string) => void },
): Promise<Plane> {
  const { home } = options;
  for (const [folder, mode] of [
    [home.instances, 0o711],
    [home.templates, 0o711],
    [home.versions, 0o755],
  ] as const) {
    await mkdir(folder, { recursive: true, mode });
    await chmod(folder, mode);
  }
  const listen = options.listen ?? loopback;
  return {
    ...options,
    listen,
    clock: options.clock ?? (() => new Date()),
    ports: portChooser(home, listen.addresses),
    socketRoot: socketRoot(home.folder),
    offers: offersOf(options),
    disk: new Disk(options),
    limits: await openLimits(home),
    requests: new Requests(options.capacity ?? capacityHere(), await acceptedRequests(home)),
    separateUsers: await canSeparateUsers(home, options.accounts),
    wake,
    spares: new Spares({ ...options, listen, idle }),
  };
}

function isPolicy({ metadata }: KubeObject): boolean {
  return metadata.namespace === POLICY.namespace && metadata.name === POLICY.name;
}

async function acceptedRequests(home: Home): Promise<[string, Requested][]> {
  const names = await readdir(home.instances);
  const found = names
    .filter(name => !name.startsWith('.'))
    .map(async (name): Promise<[string, Requested]> => {
      const record = await findRecord(placeOf(home, name)).catch(() => undefined);
      return [name, record?.requests ?? {}];
    });
  return Promise.all(found);
}

/** The versions that are here or remembered; looked up again at most every few seconds, since every reconcile asks. */
export function offersOf({
  home,
  registry,
}: Pick<PostgresServersOptions, 'home' | 'registry'>): () => Promise<VersionOffer[]> {
  let known: { at: number; offers: Promise<VersionOffer[]> } | undefined;
  const said = new Map<string, string>();
  return () => {
    if (known === undefined || performance.now() - known.at > 5_000) {
      known = { at: performance.now(), offers: listVersions({ folder: home.versions, registry, said }) };
    }
    return known.offers;
  };
}

async function reconcileKey(plane: Plane, key: string, memory: Memory): Promise<{ requeueAfterMs?: number }> {
  const object = await plane.client.find<PostgresServer>(refOfKey(SERVER, key));
  if (!object) {
    Object.assign(memory, { process: undefined, storage: undefined });
    return {};
  }
  const place = placeOf(plane.home, keyOf(object));
  const record = await findRecord(place);
  const work: Work = {
    plane,
    object,
    leave: await leaveOf(plane, withRunningMajor(object, record), record),
    memory,
    place,
    progress: (reason, message) => tellProgress(work, reason, message),
  };
  return reconcileServer(work);
}

/** What takes long is shown while it does; a message that can't be written is none worth failing for. */
async function tellProgress({ plane, object }: Work, reason: string, message: string): Promise<void> {
  await writeStatus(plane, object, [notReady(reason, message)]).catch((error: Error) => {
    plane.log.debug('progress not written', { server: object.metadata.name, error: error.message });
  });
}

function reportDead(processes: ProcessWatch, memories: Map<string, Memory>, controller: Controller): void {
  for (const [key, memory] of memories) {
    if (!memory.process || processes.isAlive(memory.process)) continue;
    memory.process = undefined;
    controller.enqueue(key);
  }
  processes.keep([...memories.values()].flatMap(({ process }) => process ?? []));
}

/** One look at the disk for all: a server can't have grown by more than the disk has lost. And one measurement of all in a minute. */
async function watchDisk(plane: Plane, memories: Map<string, Memory>, controller: Controller): Promise<void> {
  const { disk, log, signal } = plane;
  let measuring: Promise<void> | undefined;
  const measure = async (): Promise<void> => {
    const running = [...memories].filter(([, { process, storage }]) => process !== undefined && storage !== undefined);
    for (const key of await measureAll(plane, new Map(running))) controller.enqueue(key);
  };
  while (!signal.aborted) {
    const measured = [...memories].filter(([, { storage }]) => storage !== undefined);
    const changed = await disk.look(new Map(measured.map(([key, { storage }]) => [key, storage!])));
    for (const key of changed) controller.enqueue(key);
    const running = measured.filter(([, { process }]) => process !== undefined);
    for (const [key, memory] of running) if (isMeasureUrgent(memory, disk)) controller.enqueue(key);
    if (running.some(([, memory]) => isMeasureDue(memory))) {
      measuring ??= measure()
        .catch((error: Error) => log.error('cannot measure what servers use', { error: error.message }))
        .finally(() => (measuring = undefined));
    }
    await delay(DISK_LOOK_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
  await measuring;
}

/** Prepares what the first claim will most likely want: the version that came with the install. */
async function warmUp({ home, log, offers, spares }: Plane): Promise<void> {
  try {
    await spares.clear();
    const offer = (await offers()).find(({ package: name, installed }) => name === packageName && installed);
    if (!offer) return;
    const binaries = await ensureBinaries({ folder: home.versions }, offer);
    const kind = { binaries, database: 'app', owner: 'app' };
    await ensureTemplate({ folder: home.templates, ...kind });
    spares.refill(kind);
  } catch (error) {
    // The first claim tries again, and tells its owner.
    log.debug('cannot prepare a template', { error: (error as Error).message });
  }
}
