/** The files that the plane writes for a server, where the server's account can read but not write. */
import { readFileSync } from 'node:fs';
import { chmod, chown, lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { archiveCommand } from '@larder/archive';
import {
  defaultSettings,
  ownedSettings,
  renderAccess,
  renderSettings,
  writeDurably,
  type OwnedInput,
} from '@larder/postgres';
import { REPLICATION_ROLE, replicationAccess, type Access } from '@larder/upgrade';
import { isLoopback } from './network.ts';
import { socketFolder, type InstancePlace } from './place.ts';
import type { InstanceRecord } from './record.ts';
import { findUpgrade } from './upgrade-file.ts';
import type { Plane, Site, Work } from './work.ts';

/** A server of this object at this place. */
interface Seated {
  plane: Pick<Plane, 'listen'>;
  place: InstancePlace;
  object: Work['object'];
}

/** All settings that the server shall have: the owner's below the plane's. */
export function wantedSettings({ plane, place, object }: Seated, record: InstanceRecord): Record<string, string> {
  const { spec } = object;
  const input = ownedInput({ plane, place, object }, record);
  return { ...defaultSettings(input), ...reservedFor(spec.version, record), ...spec.settings, ...ownedSettings(input) };
}

/**
 * Connections that are kept for who measures. A server that runs without isn't restarted for it: that is no wish of its owner.
 */
function reservedFor(version: string, { settings }: InstanceRecord): Record<string, string> {
  const can = Number.parseInt(version, 10) >= 16;
  const has = settings === undefined || 'reserved_connections' in settings;
  return can && has ? { reserved_connections: '2' } : {};
}

/** What a server starts with that is started for no new reason: as it ran, so that what waits for its owner goes on waiting. */
export function unchangedSettings(work: Seated, record: InstanceRecord): Record<string, string> {
  return { ...record.settings, ...ownedSettings(ownedInput(work, record)) };
}

function ownedInput({ plane, place, object }: Seated, record: InstanceRecord): OwnedInput {
  return {
    clusterName: object.metadata.name.slice(0, 60),
    incarnation: record.incarnation,
    listenAddresses: plane.listen.addresses,
    logFolder: place.log,
    tlsFolder: place.tls,
    storageBytes: object.spec.storageBytes,
    readOnly: record.readOnly ?? false,
    major: Number.parseInt(record.binaries?.version ?? object.spec.version, 10),
    ...(record.archiving ? { archiveCommand: archiveCommand(place.folder) } : {}),
  };
}

/** Writes the settings and who may connect. The server reads them when it is started or told to. */
export async function writeConfiguration(
  work: Seated,
  record: InstanceRecord,
  settings: Record<string, string>,
  access: Access = 'everybody',
): Promise<void> {
  const { configuration } = work.place;
  const write = (name: string, text: string): Promise<void> =>
    writeDurably(join(configuration, name), text, readableBy(record));
  await Promise.all([
    write('postgresql.conf', renderSettings(settings)),
    write('pg_hba.conf', accessText(work, access)),
    write('pg_ident.conf', '# Written by Larder: no names are mapped.\n'),
  ]);
}

/** Whether the server's file says these settings, or somebody has edited it. */
export function areSettingsWritten({ place }: Pick<Work, 'place'>, settings: Record<string, string>): boolean {
  return textIn(join(place.configuration, 'postgresql.conf')) === renderSettings(settings);
}

/** Whether others may connect than the server's file says. */
export function isAccessWritten(work: Seated): boolean {
  return textIn(join(work.place.configuration, 'pg_hba.conf')) === accessText(work);
}

/** Undefined for whatever can't be read: then it has to be written. */
function textIn(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function accessText({ plane, object, place }: Seated, access: Access = 'everybody'): string {
  const wide = plane.listen.addresses.some(address => !isLoopback(address));
  const own = (plane.listen.own ?? []).map(address => `${address}/${address.includes(':') ? 128 : 32}`);
  const isOneOfTwo = findUpgrade(place.root) !== undefined;
  return renderAccess(wide ? [...own, ...object.spec.allowedCIDRs] : [], isOneOfTwo ? replicationAccess(access) : {});
}

/** Who may come in, alone. The server reads it when it is told to. */
export async function writeAccess(work: Seated, record: InstanceRecord, access: Access): Promise<void> {
  await writeDurably(join(work.place.configuration, 'pg_hba.conf'), accessText(work, access), readableBy(record));
}

/** A certificate for the server's name, from the plane's authority. */
export async function writeCertificate(
  { listen, pki }: Pick<Plane, 'listen' | 'pki'>,
  place: InstancePlace,
  account: InstanceRecord['account'],
): Promise<void> {
  const { endpoint } = listen;
  const numeric = /^[\d.]+$|:/.test(endpoint);
  const { cert, key } = await pki.issueServerCertificate({
    commonName: endpoint.slice(0, 64),
    dnsNames: [...new Set(['localhost', ...(numeric ? [] : [endpoint])])],
    ipAddresses: [...new Set(['127.0.0.1', '::1', ...(numeric ? [endpoint] : [])])],
  });
  await mkdir(place.tls, { recursive: true, mode: 0o711 });
  const options = readableBy({ account });
  await writeDurably(join(place.tls, 'server.key'), key, options);
  await writeDurably(join(place.tls, 'server.crt'), cert, options);
  // Last: a certificate without its authority's is made again.
  await writeDurably(join(place.tls, 'ca.crt'), pki.caCertificate, options);
}

/** What lies in an instance's folder beside its data; its account may write its log only. */
export async function makeFolders(place: InstancePlace, account: InstanceRecord['account']): Promise<void> {
  for (const folder of [place.configuration, place.tls, place.log])
    await mkdir(folder, { recursive: true, mode: 0o711 });
  await chmod(place.log, 0o700);
  if (account) await chown(place.log, account.uid, account.gid);
}

/** The folder of the server's socket, which nobody else can enter. @throws Error when somebody else made it */
export async function ensureSocketFolder(
  { plane }: Pick<Site, 'plane'>,
  { account, port }: InstanceRecord,
): Promise<string> {
  await mkdir(plane.socketRoot, { recursive: true, mode: 0o711 });
  const root = await lstat(plane.socketRoot);
  if (!root.isDirectory() || root.uid !== (process.geteuid?.() ?? root.uid)) {
    throw new Error(`cannot use ${plane.socketRoot} for sockets: it belongs to user id ${root.uid}; remove it`);
  }
  await chmod(plane.socketRoot, account ? 0o711 : 0o700);
  const folder = socketFolder(plane.socketRoot, port);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (account) await chown(folder, account.uid, account.gid);
  return folder;
}

/** By which this server follows another one; its key is for its account alone. */
export async function writeFollowerCertificate(
  { pki }: Pick<Plane, 'pki'>,
  place: InstancePlace,
  record: InstanceRecord,
): Promise<void> {
  const names = { commonName: REPLICATION_ROLE, dnsNames: [], ipAddresses: [] };
  const { cert, key } = await pki.issueServerCertificate({ ...names, usage: 'client' });
  const { account } = record;
  const own = account ? { mode: 0o600, uid: account.uid, gid: account.gid } : { mode: 0o600 };
  // libpq refuses a key that others can read.
  await writeDurably(join(place.tls, 'replication.key'), key, own);
  await writeDurably(join(place.tls, 'replication.crt'), cert, readableBy(record));
}

function readableBy({ account }: Pick<InstanceRecord, 'account'>): { mode: number; uid?: number; gid?: number } {
  return account ? { mode: 0o640, uid: 0, gid: account.gid } : { mode: 0o600 };
}
