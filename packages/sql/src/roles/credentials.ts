/**
 * The Secret of a role. A password stands in it before any server knows it: as the next one, until a login with it has worked,
 * then as the one that applications get. So it always holds one that works.
 */
import type { PostgresRole } from '@larder/catalog';
import { newPassword } from '@larder/driver';
import { equalJson, isAlreadyExists, type Client, type KubeObject } from '@larder/kube';
import { decoded } from '../access/target.ts';
import { TroubleError } from '../access/trouble.ts';

/** The label by which a Secret's change finds its role. */
export const ROLE_LABEL = 'sql.larder.dev/postgres-role';

export interface Credentials {
  username?: string;
  password?: string;
  next?: { username: string; password: string };
}

export interface Published {
  endpoint: string;
  port: string;
  sslmode: string;
  'ca.crt': string;
  database: string;
}

/** What the Secret holds; nothing when there is none yet. */
export async function readCredentials(client: Client, role: PostgresRole): Promise<Credentials> {
  const { username, password, nextUsername, nextPassword } = decoded((await find(client, role)) ?? ({} as KubeObject));
  return {
    ...(username && password ? { username, password } : {}),
    ...(nextUsername && nextPassword ? { next: { username: nextUsername, password: nextPassword } } : {}),
  };
}

/** Begins a turn: makes the password of `username` and writes it down. */
export async function beginTurn(
  client: Client,
  role: PostgresRole,
  username: string,
): Promise<Required<Credentials>['next']> {
  const next = { username, password: newPassword() };
  const old = decoded((await find(client, role)) ?? ({} as KubeObject));
  await write(client, role, { ...old, nextUsername: username, nextPassword: next.password });
  return next;
}

/** Writes what applications get, and with it ends a turn. */
export async function publish(
  client: Client,
  role: PostgresRole,
  login: { username: string; password: string },
  published: Published,
): Promise<void> {
  await write(client, role, { ...published, username: login.username, password: login.password });
}

async function find(client: Client, role: PostgresRole): Promise<KubeObject | undefined> {
  const ref = { apiVersion: 'v1', kind: 'Secret', ...role.spec.writeConnectionSecretToRef };
  const found = await client.find<KubeObject>(ref);
  if (found === undefined || found.metadata.ownerReferences?.some(({ uid }) => uid === role.metadata.uid)) return found;
  throw new TroubleError(
    'SecretTaken',
    `the secret ${ref.namespace}/${ref.name} exists and is not this role's; remove it`,
  );
}

async function write(client: Client, role: PostgresRole, content: Record<string, string>): Promise<void> {
  const data = Object.fromEntries(
    Object.entries(content).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  );
  const found = await find(client, role);
  if (found) {
    if (!equalJson(found.data, data)) await client.update({ ...found, data });
    return;
  }
  await client.create(secretObject(role, data)).catch((error: unknown) => {
    if (isAlreadyExists(error)) throw new TroubleError('SecretTaken', 'the secret was made by another just now');
    throw error;
  });
}

function secretObject({ apiVersion, kind, metadata, spec }: PostgresRole, data: Record<string, string>): KubeObject {
  const owner = {
    apiVersion,
    kind,
    name: metadata.name,
    uid: metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
  const { namespace, name } = spec.writeConnectionSecretToRef;
  const labels = { [ROLE_LABEL]: metadata.name };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, labels, ownerReferences: [owner] },
    type: 'Opaque',
    data,
  };
}
