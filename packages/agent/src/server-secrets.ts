/**
 * Copies of connection secrets stay until the object that logs in with them has gone, since it needs them to undo what it did on the
 * server: a composition is deleted all at once. Lets go of a copy as soon as nobody needs it.
 */
import { SERVER_SECRET, SQL_API_VERSION } from '@larder/catalog';
import {
  hasFinalizer,
  removeFinalizer,
  runController,
  type Controller,
  type Logger,
  type Meter,
} from '@larder/controller';
import { keyOf, type Client, type KubeObject } from '@larder/kube';

export interface ServerSecretsOptions {
  client: Client;
  /** Where the copies are. */
  namespace: string;
  log: Logger;
  signal: AbortSignal;
  meter?: Meter;
}

const SECRET = { apiVersion: 'v1', kind: 'Secret' };
const users = ['PostgresRole', 'PostgresDatabase'] as const;

export function runServerSecrets({ client, namespace, ...options }: ServerSecretsOptions): Controller {
  /** Which copy an object uses, by `<kind>.<name>`: an object's end names it no more. */
  const copies = new Map<string, string>();
  return runController({
    client,
    ...options,
    name: 'server-secret',
    watches: [
      { kind: SECRET, namespace, labelSelector: SERVER_SECRET.usedByLabel, map: secret => noteCopy(copies, secret) },
      ...users.map(kind => ({
        kind: { apiVersion: SQL_API_VERSION, kind },
        map: ({ metadata }: KubeObject) => [copies.get(`${kind}.${metadata.name}`) ?? []].flat(),
      })),
    ],
    reconcile: async key => {
      const name = key.slice(key.indexOf('/') + 1);
      const secret = await client.find({ ...SECRET, namespace, name });
      if (secret?.metadata.deletionTimestamp === undefined) return;
      if (!hasFinalizer(secret, SERVER_SECRET.finalizer) || (await isUsed(client, secret))) return;
      await removeFinalizer(client, secret, SERVER_SECRET.finalizer);
    },
  });
}

function noteCopy(copies: Map<string, string>, secret: KubeObject): string[] {
  const key = keyOf(secret);
  copies.set(userOf(secret), key);
  return [key];
}

function userOf({ metadata }: KubeObject): string {
  return metadata.labels?.[SERVER_SECRET.usedByLabel] ?? '';
}

async function isUsed(client: Client, secret: KubeObject): Promise<boolean> {
  const [kind = '', name = ''] = userOf(secret).split(/\.(.*)/s);
  if (!users.some(each => each === kind)) return false;
  return (await client.find({ apiVersion: SQL_API_VERSION, kind, name })) !== undefined;
}
