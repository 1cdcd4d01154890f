/** What is so with one server: its record, its files, its process, its port. Reads only, and trusts nothing that a tenant can write. */
import { readFileSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresServerSpec } from '@larder/catalog';
import {
  describePortHolder,
  observeServer,
  parseControlFile,
  parseVersion,
  readUntrusted,
  type ServerState,
  type VersionOffer,
} from '@larder/postgres';
import { readCertificate } from '../pki/read-certificate.ts';
import type { Listen } from './options.ts';
import type { InstancePlace } from './place.ts';
import type { Observed } from './plan.ts';
import { areFree } from './ports.ts';
import { findRecord, type InstanceRecord } from './record.ts';

export interface ObserveInput {
  spec: PostgresServerSpec;
  place: InstancePlace;
  listen: Listen;
  caCertificate: string;
  offers: VersionOffer[];
  now: Date;
  holdOffMs: number;
  separateUsers: boolean;
  doesNotFit?: string;
}

export async function observeInstance(input: ObserveInput): Promise<Observed> {
  const { spec, place, listen, offers, holdOffMs, separateUsers, doesNotFit, caCertificate, now } = input;
  const record = await findRecord(place);
  const uid = uidOf(record);
  const data = await observeData(place, record, uid);
  const server = await observeProcesses(place, record, uid);
  const taken = server.kind === 'stopped' && record && !(await areFree(record.port, listen.addresses));
  return {
    record,
    data,
    server,
    onOffer: offers.some(({ version }) => version === spec.version),
    versions: [...new Set(offers.map(({ version }) => version))],
    ...(taken ? { portHolder: describePortHolder(record.port) } : {}),
    certificate: await observeCertificate(place, { listen, pki: { caCertificate }, clock: () => now }),
    separateAccounts: record ? record.account !== null : separateUsers,
    ...(doesNotFit === undefined ? {} : { doesNotFit }),
    holdOffMs,
  };
}

/** The account that a server's processes and files must have. */
export function uidOf(record: InstanceRecord | undefined): number {
  return record?.account?.uid ?? process.geteuid?.() ?? 0;
}

async function observeProcesses(
  place: InstancePlace,
  record: InstanceRecord | undefined,
  uid: number,
): Promise<ServerState> {
  if (!record?.systemIdentifier) return { kind: 'stopped' };
  return observeServer({ data: place.data, uid, recorded: record.process });
}

/** Looks for damage that `initdb` or a start could make worse. */
async function observeData(
  place: InstancePlace,
  record: InstanceRecord | undefined,
  uid: number,
): Promise<Observed['data']> {
  if (!(await isFolder(place.data))) {
    if (record?.systemIdentifier === undefined) return 'absent';
    return { damaged: `the data directory ${place.data} is gone; put it back from a copy: it is not initialised anew` };
  }
  // Nothing was ever started in it, or nobody knows what it is: not for us to judge.
  if (record?.systemIdentifier === undefined) return record ? 'absent' : 'whole';
  try {
    return (await findDamage(place, record, uid)) ?? 'whole';
  } catch (error) {
    return { damaged: error instanceof Error ? error.message : String(error) };
  }
}

async function findDamage(
  place: InstancePlace,
  record: InstanceRecord,
  uid: number,
): Promise<Observed['data'] | undefined> {
  const read = (path: string): Promise<Buffer | undefined> => readUntrusted(place.folder, `data/${path}`, { uid });
  const damaged = (what: string): Observed['data'] => ({
    damaged: `${what} in ${place.data}; restore the directory from a copy: it is neither started nor initialised anew`,
  });
  const major = (await read('PG_VERSION'))?.toString('latin1').trim();
  if (major === undefined) return damaged('PG_VERSION is missing');
  const made = parseVersion(record.binaries?.version ?? '')?.major;
  if (!/^\d+$/.test(major) || (made !== undefined && Number(major) !== made)) {
    return damaged(`PG_VERSION says ${/^\d+$/.test(major) ? major : 'nothing readable'}, not ${made},`);
  }
  const control = await read('global/pg_control');
  if (control === undefined) return damaged('global/pg_control is missing');
  const parsed = parseControlFile(control);
  if (parsed === 'damaged') return damaged('global/pg_control has a wrong checksum');
  if (parsed !== 'unknown' && parsed.systemIdentifier !== record.systemIdentifier) {
    return damaged(
      `global/pg_control is of another system (${parsed.systemIdentifier}, not ${record.systemIdentifier})`,
    );
  }
  return undefined;
}

const RENEW_BEFORE_MS = 30 * 24 * 3_600_000;

/** Whether the certificate there is holds, for the server's name and under the plane's authority. */
export async function observeCertificate(
  place: InstancePlace,
  { listen, pki, clock }: { listen: Listen; pki: { caCertificate: string }; clock: () => Date },
): Promise<Observed['certificate']> {
  try {
    const authority = readFileSync(join(place.tls, 'ca.crt'), 'utf8');
    const now = clock();
    const certificate = readCertificate(join(place.tls, 'server.crt'));
    const current =
      Date.parse(certificate.validFrom) <= now.getTime() &&
      Date.parse(certificate.validTo) > now.getTime() + RENEW_BEFORE_MS;
    const named = certificate.checkHost(listen.endpoint) ?? certificate.checkIP(listen.endpoint);
    return current && named !== undefined && authority === pki.caCertificate ? 'valid' : 'renew';
  } catch {
    // Missing, or half written by somebody else: a new one is always right.
    return 'renew';
  }
}

async function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    seen => seen.isDirectory(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}
