/** A whole plane in this process, with a real storage process and real servers, for claims that are backed up. */
import assert from 'node:assert/strict';
import { after } from 'node:test';
import type { PostgresArchive } from '@larder/catalog';
import { noLog, waitFor, type WaitOptions } from '@larder/controller';
import type { Client, KubeObject, ObjectRef } from '@larder/kube';
import { withSession, type Session } from '@larder/postgres';
import { openHome, type Home } from '../../src/home/home.ts';
import { startPlane, type Plane, type StartPlaneOptions } from '../../src/plane/plane.ts';
import { findOwnProcesses, stopOwnProcesses } from '../../src/lifecycle/stop.ts';
import { scratchFolder } from '../scratch.ts';

export interface BackupRig {
  home: Home;
  client: Client;
  /** Ends the plane, as `larder down`: servers and storage process go on. */
  stopPlane(): Promise<void>;
  startPlane(options?: Partial<StartPlaneOptions>): Promise<void>;
}

export const NAMESPACE = 'my-app';

/** Call it at the top of a file: everything ends with it. */
export async function backupRig(options: Partial<StartPlaneOptions> = {}): Promise<BackupRig> {
  const home = openHome(scratchFolder());
  let plane: Plane | undefined;
  const rig: BackupRig = {
    home,
    get client() {
      if (!plane) throw new Error('the plane is down');
      return plane.client;
    },
    async stopPlane() {
      await plane?.close();
      plane = undefined;
    },
    async startPlane(again = {}) {
      plane = await startPlane({ home, version: '0.1.0', log: noLog, ...options, ...again });
    },
  };
  after(async () => {
    await rig.stopPlane();
    await stopOwnProcesses(home);
    for (const { pid } of findOwnProcesses(home)) process.kill(pid, 'SIGKILL');
  });
  await rig.startPlane();
  await rig.client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  return rig;
}

export function claimObject(name: string, parameters: Record<string, unknown> = {}): KubeObject {
  return {
    ...refOfClaim(name),
    metadata: { name, namespace: NAMESPACE },
    spec: {
      parameters: {
        resources: { storageSize: '1Gi' },
        updatePolicy: { version: '17' },
        settings: { shared_buffers: '16MB' },
        ...parameters,
      },
    },
  };
}

export function refOfClaim(name: string): ObjectRef {
  return { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLInstance', namespace: NAMESPACE, name };
}

interface Condition {
  type: string;
  status: string;
  reason: string;
  message?: string;
}

export interface ClaimStatus extends NonNullable<PostgresArchive['status']> {
  conditions?: never;
  backup?: { message?: string };
}

export function conditions(object: KubeObject | undefined): Condition[] {
  return ((object?.status as { conditions?: Condition[] } | undefined)?.conditions ?? []).map(each => ({ ...each }));
}

/** The claim once it has just what a well one has, and a backup. */
export async function untilBackedUp(
  client: Client,
  name: string,
  options: Partial<WaitOptions<KubeObject>> = {},
): Promise<KubeObject> {
  const isWell = (object?: KubeObject): boolean =>
    conditions(object).every(({ status }) => status === 'True') &&
    conditions(object).length === 2 &&
    (statusOf(object).backups ?? []).length > 0;
  return untilClaim(client, name, isWell, options);
}

export async function untilClaim(
  client: Client,
  name: string,
  predicate: (object?: KubeObject) => boolean,
  options: Partial<WaitOptions<KubeObject>> = {},
): Promise<KubeObject> {
  const found = await waitFor(client, refOfClaim(name), predicate, { timeoutMs: 180_000, ...options });
  assert.ok(found, `${name} is gone`);
  return found;
}

export function statusOf(object: KubeObject | undefined): ClaimStatus {
  return object?.status ?? {};
}

/** As an application: with the claim's secret alone. */
export async function asOwner<T>(client: Client, claim: string, work: (session: Session) => Promise<T>): Promise<T> {
  const data = await secretOf(client, `${claim}-connection`);
  const { endpoint = '', port, username = '', password = '', database = '' } = data;
  const at = { host: endpoint, port: Number(port), ca: data['ca.crt'] ?? '' };
  return withSession(at, { user: username, password, database }, work);
}

export async function secretOf(client: Client, name: string, namespace = NAMESPACE): Promise<Record<string, string>> {
  const secret = await client.get({ apiVersion: 'v1', kind: 'Secret', namespace, name });
  const data = secret.data as Record<string, string>;
  return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]));
}
