/** The Secret with a server's credentials. Passwords are made once, and stand in the Secret before any server knows them. */
import { isAlreadyExists, type KubeObject } from '@larder/kube';
import { newPassword } from '@larder/postgres';
import type { InstanceRecord } from './record.ts';
import { NotReadyError, type Work } from './work.ts';

export interface ServerCredentials {
  username: string;
  password: string;
  database: string;
  superuser?: { username: string; password: string };
  /** Of the Secret. */
  resourceVersion: string;
}

/** The label by which a Secret's change finds its server. */
export const SERVER_LABEL = 'local.larder.dev/postgres-server';
export const SUPERUSER = 'postgres';

/** The credentials as they stand in the Secret; made where they lack. */
export async function ensureCredentials(work: Work, record: InstanceRecord): Promise<ServerCredentials> {
  const { plane, object } = work;
  const ref = { apiVersion: 'v1', kind: 'Secret', ...object.spec.writeConnectionSecretToRef };
  const found = await plane.client.find(ref);
  if (found && !isOurs(found, object)) {
    const message = `the secret ${ref.namespace}/${ref.name} exists and isn’t this server’s; remove it, or name another`;
    throw new NotReadyError('SecretTaken', message, 30_000);
  }
  const data = wantedData(work, record, decoded(found));
  const secret: KubeObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: ref.name,
      namespace: ref.namespace,
      labels: { [SERVER_LABEL]: object.metadata.name },
      ownerReferences: [ownerReference(object)],
    },
    type: 'Opaque',
    data: encoded(data),
  };
  const stored = found
    ? await updated(work, found, secret)
    : await plane.client.create(secret).catch((error: unknown) => {
        if (isAlreadyExists(error))
          throw new NotReadyError('SecretTaken', 'the secret was made by another just now', 100);
        throw error;
      });
  return credentialsOf(data, stored.metadata.resourceVersion ?? '');
}

export async function removeCredentials({ plane, object }: Work): Promise<void> {
  const ref = { apiVersion: 'v1', kind: 'Secret', ...object.spec.writeConnectionSecretToRef };
  const found = await plane.client.find(ref);
  if (found && isOurs(found, object)) await plane.client.delete(ref);
}

function wantedData(work: Work, record: InstanceRecord, old: Record<string, string>): Record<string, string> {
  const { spec } = work.object;
  const { plane } = work;
  return {
    username: spec.owner,
    password: old.password ?? newPassword(),
    database: spec.database,
    endpoint: plane.listen.endpoint,
    port: String(record.port),
    'ca.crt': plane.pki.caCertificate,
    ...(spec.superuserAccess
      ? { superuserUsername: SUPERUSER, superuserPassword: old.superuserPassword ?? newPassword() }
      : {}),
  };
}

async function updated({ plane }: Work, found: KubeObject, wanted: KubeObject): Promise<KubeObject> {
  if (same(found.data as Record<string, string>, wanted.data as Record<string, string>)) return found;
  return plane.client.update({ ...found, data: wanted.data });
}

function same(a: Record<string, string> = {}, b: Record<string, string> = {}): boolean {
  const keys = Object.keys(b);
  return Object.keys(a).length === keys.length && keys.every(key => a[key] === b[key]);
}

function isOurs(secret: KubeObject, { metadata }: KubeObject): boolean {
  return secret.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid) ?? false;
}

function ownerReference({
  apiVersion,
  kind,
  metadata,
}: KubeObject): NonNullable<KubeObject['metadata']['ownerReferences']>[0] {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true };
}

function credentialsOf(data: Record<string, string>, resourceVersion: string): ServerCredentials {
  const { username = '', password = '', database = '', superuserUsername, superuserPassword } = data;
  const superuser =
    superuserUsername === undefined || superuserPassword === undefined
      ? undefined
      : { username: superuserUsername, password: superuserPassword };
  return { username, password, database, superuser, resourceVersion };
}

function decoded(secret: KubeObject | undefined): Record<string, string> {
  const data = (secret?.data ?? {}) as Record<string, string>;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}

function encoded(data: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
}
