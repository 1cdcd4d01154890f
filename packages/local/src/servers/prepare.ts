/** Everything up to the first start: account, port, binaries, data directory. Each is recorded before it is used; may run twice. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { createDataDirectory, ensureBinaries, packageName, type Binaries, type VersionOffer } from '@larder/postgres';
import { claimAccount } from './accounts.ts';
import { makeFolders } from './files.ts';
import { restoreInstance } from './restore/run.ts';
import { findRecord, writeRecord, type InstanceRecord, type RecordedBinaries } from './record.ts';
import { NotReadyError, type Site, type Work } from './work.ts';

export async function prepareInstance(work: Work): Promise<InstanceRecord> {
  const { plane, place, object } = work;
  const known = await findRecord(place);
  if (known === undefined && !object.spec.restore) {
    const taken = await takeSpare(work);
    if (taken) return taken;
  }
  if (!object.spec.restore) await work.progress('Initialising', 'the data directory is being made');
  const record = known ?? (await begin(work));
  await makeFolders(place, record.account);
  if (record.systemIdentifier !== undefined) return record;
  if (object.spec.restore) return restoreInstance(work, record);
  const binaries = await provideBinaries(work, object.spec.version);
  // No server ever ran on what an attempt that was cut short left: the record would have its identifier.
  await rm(place.data, { recursive: true, force: true });
  const made = await createDataDirectory({
    data: place.data,
    binaries,
    templates: plane.home.templates,
    account: record.account ?? undefined,
    database: object.spec.database,
    owner: object.spec.owner,
  });
  return writeRecord(place, {
    ...record,
    systemIdentifier: made.systemIdentifier,
    firstPassword: made.password,
    binaries: recorded(binaries),
  });
}

/** The binaries of a version, fetched where they lack. Prefers the origin that the server has been running on. */
export async function provideBinaries(
  work: Pick<Site, 'plane' | 'progress'>,
  version: string,
  known?: RecordedBinaries,
): Promise<Binaries> {
  const { plane } = work;
  const candidates = (await plane.offers()).filter(offer => offer.version === version);
  const offer = candidates.find(each => each.source === known?.source) ?? preferred(candidates);
  if (!offer) throw new NotReadyError('VersionNotOnOffer', `version: ${version} is not on offer any more`, 60_000);
  return ensureBinaries({ folder: plane.home.versions, registry: plane.registry }, offer, {
    signal: plane.signal,
    onProgress: message => void work.progress('FetchingBinaries', message),
  });
}

export function recorded({ bin: _, ...facts }: Binaries): RecordedBinaries {
  return facts;
}

/** Binaries of one's own are the same on every machine, and no package manager replaces them under a running server. */
function preferred(candidates: VersionOffer[]): VersionOffer | undefined {
  return candidates.find(({ package: name }) => name === packageName) ?? candidates[0];
}

/** An instance that was made ahead, where there is one of this version. */
async function takeSpare(work: Work): Promise<InstanceRecord | undefined> {
  const { plane, place, object } = work;
  const { version, database, owner } = object.spec;
  const binaries = await provideBinaries(work, version);
  if (!plane.spares.has({ binaries, database, owner })) return undefined;
  const port = await plane.ports.choose();
  try {
    const own = { ...identityOf(work), port, binaries: recorded(binaries) };
    return await plane.spares.take({ binaries, database, owner }, place, own);
  } finally {
    plane.ports.release(port);
  }
}

async function begin(work: Work): Promise<InstanceRecord> {
  const { plane, place } = work;
  await mkdir(place.folder, { recursive: true, mode: 0o711 });
  await chmod(place.folder, 0o711);
  const account = (await claimAccount({ holder: place.folder, folder: plane.accounts })) ?? null;
  const port = await plane.ports.choose();
  try {
    return await writeRecord(place, { ...identityOf(work), account, port });
  } finally {
    plane.ports.release(port);
  }
}

function identityOf({ object }: Work): Pick<InstanceRecord, 'objectUid' | 'incarnation' | 'planePassword'> {
  return {
    objectUid: object.metadata.uid ?? '',
    incarnation: randomBytes(8).toString('hex'),
    planePassword: randomBytes(24).toString('base64url'),
  };
}
