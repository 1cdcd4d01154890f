/** The Secret with a server's credentials. Passwords are made once, and stand in the Secret before any server knows them. */
import { isAlreadyExists, type KubeObject } from '@larder/kube';
import { newPassword } from '@larder/postgres';
import { encodeTexts, hasTexts, isOwnSecret, ownSecret, textsOf } from '../secrets/own-secret.ts';
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
  if (found && !isOwnSecret(found, object)) {
    const message = `the secret ${ref.namespace}/${ref.name} exists and isn’t this server’s; remove it, or name another`;
    throw new NotReadyError('SecretTaken', message, 30_000);
  }
  const texts = wantedTexts(work, record, textsOf(found));
  const stored = found ? await updated(work, found, texts) : await created(work, texts);
  return credentialsOf(texts, stored.metadata.resourceVersion ?? '');
}

async function created({ plane, object }: Work, texts: Record<string, string>): Promise<KubeObject> {
  const labels = { [SERVER_LABEL]: object.metadata.name };
  const secret = ownSecret(object, { ...object.spec.writeConnectionSecretToRef, labels, texts });
  return plane.client.create(secret).catch((error: unknown) => {
    if (isAlreadyExists(error)) throw new NotReadyError('SecretTaken', 'the secret was made by another just now', 100);
    throw error;
  });
}

async function updated({ plane }: Work, found: KubeObject, texts: Record<string, string>): Promise<KubeObject> {
  return hasTexts(found, texts) ? found : plane.client.update({ ...found, data: encodeTexts(texts) });
}

export async function removeCredentials({ plane, object }: Work): Promise<void> {
  const ref = { apiVersion: 'v1', kind: 'Secret', ...object.spec.writeConnectionSecretToRef };
  const found = await plane.client.find(ref);
  if (found && isOwnSecret(found, object)) await plane.client.delete(ref);
}

function wantedTexts(
  work: Work,
  record: InstanceRecord,
  old: Record<string, string | undefined>,
): Record<string, string> {
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

function credentialsOf(data: Record<string, string>, resourceVersion: string): ServerCredentials {
  const { username = '', password = '', database = '', superuserUsername, superuserPassword } = data;
  const superuser =
    superuserUsername === undefined || superuserPassword === undefined
      ? undefined
      : { username: superuserUsername, password: superuserPassword };
  return { username, password, database, superuser, resourceVersion };
}
