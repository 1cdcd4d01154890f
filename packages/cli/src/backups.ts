/** What the commands about backups share: the claims, the buckets that outlived theirs, and a backup that is waited for. */
import { randomInt } from 'node:crypto';
import { waitFor, type HttpClient } from '@larder/controller';
import type { KubeObject, ObjectRef } from '@larder/kube';
import { CommandError } from './failure.ts';
import { getObject } from './missing.ts';
import type { Surroundings } from './surroundings.ts';
import { inTime } from './waiting.ts';

const CLAIM = { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLInstance' };
const OPERATION = { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLOperation' };

export interface BackupRow {
  name: string;
  time: string;
  size?: string;
  firstWal?: string;
  lastWal?: string;
}

export interface InstanceStatus {
  backups?: BackupRow[];
  recoverable?: { from: string; to: string };
  backupStore?: { endpoint: string; destinationPath: string; serverName: string; secretName?: string };
  backup?: { enabled?: boolean; schedule?: string; keeps?: string; next?: string; message?: string };
}

/** The claim of an instance. @throws CommandError that says where to look when there is none */
export async function getInstance(client: HttpClient, name: string, namespace: string): Promise<KubeObject> {
  const resource = await client.discovery.resourceOf(CLAIM);
  return getObject(client, { resource, name }, namespace);
}

export function instanceStatus({ status }: KubeObject): InstanceStatus {
  return status ?? {};
}

export interface MakeBackupOptions {
  namespace: string;
  timeout: number;
}

/** Makes a backup and tells how far it is. Returns its name. @throws CommandError when it failed, or isn't there in time */
export async function makeBackup(
  { note }: Pick<Surroundings, 'note'>,
  client: HttpClient,
  instance: string,
  { namespace, timeout }: MakeBackupOptions,
): Promise<string> {
  const name = `${instance.slice(0, 24).replace(/-$/, '')}-backup-${letters(5)}`;
  const ref: ObjectRef = { ...OPERATION, namespace, name };
  const spec = { parameters: { instance, operation: 'Backup' } };
  await client.create({ ...OPERATION, metadata: { name, namespace }, spec });
  let told = '';
  const onChange = (object: KubeObject | undefined): void => {
    const words = wordsOf(object);
    if (words !== '' && words !== told) note(`backup of ${instance}: ${words}`);
    told = words;
  };
  const waiting = waitFor(client, ref, object => isOver(object), { timeoutMs: timeout, onChange });
  const done = await inTime(waiting, last => ({
    message: `the backup of ${instance} was not made within ${timeout / 1000} s: ${wordsOf(last)}`,
    remedy: `it goes on; larder describe postgresqloperation/${name} -n ${namespace} tells how far it is`,
  }));
  const { phase, backupName = '', message } = operationStatus(done);
  if (phase === 'Succeeded') return backupName;
  throw new CommandError(`the backup of ${instance} failed: ${message ?? refusalOf(done) ?? 'it was deleted'}`, {
    remedy: `larder describe ${instance} -n ${namespace} tells more`,
  });
}

/** Waits for the first backup of a claim that is backed up. @throws CommandError when it fails, or isn't there in time */
export async function waitForFirstBackup(
  { note, print }: Pick<Surroundings, 'note' | 'print'>,
  client: HttpClient,
  claim: KubeObject,
  timeout: number,
): Promise<void> {
  const { name, namespace = 'default' } = claim.metadata;
  let told = '';
  const onChange = (object: KubeObject | undefined): void => {
    const words = object && !hasBackup(object) ? (instanceStatus(object).backup?.message ?? '') : '';
    if (words !== '' && words !== told) note(`backup of ${name}: ${words}`);
    told = words;
  };
  const isOver = (object: KubeObject | undefined): boolean =>
    object === undefined || hasBackup(object) || failed(object);
  const waiting = waitFor(client, { ...CLAIM, namespace, name }, isOver, { timeoutMs: timeout, onChange });
  const last = await inTime(waiting, () => ({
    message: `the first backup of ${name} was not made within ${timeout / 1000} s`,
    remedy: `larder describe ${name} -n ${namespace} tells what it waits for`,
  }));
  const first = last && instanceStatus(last).backups?.[0];
  if (first) return print(`backup ${first.name} of ${name} is made`);
  if (last && hasBackup(last)) return;
  const why = last && operationStatus(last).conditions?.find(({ type }) => type === 'BackupHealthy')?.message;
  throw new CommandError(`the first backup of ${name} could not be made: ${why ?? 'the claim is gone'}`);
}

function hasBackup(claim: KubeObject): boolean {
  const { backups = [], backup } = instanceStatus(claim);
  return backups.length > 0 || backup?.enabled === false;
}

function failed(claim: KubeObject): boolean {
  const { conditions = [] } = operationStatus(claim);
  return conditions.some(({ type, status }) => type === 'BackupHealthy' && status === 'False');
}

interface OperationStatus {
  phase?: string;
  backupName?: string;
  message?: string;
  conditions?: { type: string; status: string; message?: string }[];
}

function operationStatus(object: KubeObject | undefined): OperationStatus {
  return object?.status ?? {};
}

function isOver(object: KubeObject | undefined): boolean {
  const { phase } = operationStatus(object);
  return object === undefined || phase === 'Succeeded' || phase === 'Failed' || refusalOf(object) !== undefined;
}

function refusalOf(object: KubeObject | undefined): string | undefined {
  const { conditions = [] } = operationStatus(object);
  return conditions.find(({ type, status }) => type === 'Accepted' && status === 'False')?.message;
}

function wordsOf(object: KubeObject | undefined): string {
  const { phase, message } = operationStatus(object);
  return message ?? refusalOf(object) ?? (phase === 'Pending' ? 'it waits' : '');
}

function letters(count: number): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length: count }, () => alphabet[randomInt(alphabet.length)]).join('');
}
