/** What the commands about backups share: the claims, the buckets that outlived theirs, and a backup that is waited for. */
import { waitFor, type HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { CommandError } from './failure.ts';
import { getObject } from './missing.ts';
import { operationStatus, runOperation } from './operations.ts';
import type { DrillStatus } from '@larder/catalog';
import type { Surroundings } from './surroundings.ts';
import { inTime } from './waiting.ts';

const CLAIM = { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLInstance' };

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
  drill?: DrillStatus;
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
  const deed = { instance, namespace, timeout, operation: 'Backup', noun: 'backup' } as const;
  const { backupName = '' } = await runOperation({ note }, client, deed);
  return backupName;
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
