/** From the name of a connection secret to a server: with the plane's own rights where it lends them, else with the secret's login. */
import { createHash } from 'node:crypto';
import { SERVER_SECRET, type SecretRef } from '@larder/catalog';
import type { Client, KubeObject } from '@larder/kube';
import type { Lender, LentServer } from './lender.ts';
import { reach, type OwnPorts } from './reach.ts';
import type { Address } from './sessions.ts';
import { decoded, readTarget, type Target } from './target.ts';
import { TroubleError, unreachable } from './trouble.ts';

export interface Server extends Address {
  /** Lent: the rights are the plane's; otherwise those of the secret's login. */
  lent?: LentServer;
  /** What goes into users' secrets as it stands in this one. */
  published: { endpoint: string; port: string; sslmode: string; 'ca.crt': string };
  /** As an application connects. */
  public: Address['endpoint'];
  /** The database of the secret. */
  database: string;
  /** Roles that no claim may have. */
  reserved: string[];
}

export interface AccessOptions {
  client: Client;
  lender: Lender;
  isOwnPort: OwnPorts;
}

/** A write of the plane comes between. */
const SOON_MS = 200;

/** @throws TroubleError when there is no secret yet, or it leads nowhere */
export async function findServer({ client, lender, isOwnPort }: AccessOptions, ref: SecretRef): Promise<Server> {
  const secret = await client.find<KubeObject>({ apiVersion: 'v1', kind: 'Secret', ...ref });
  if (secret === undefined) {
    const message = `waits for the connection secret "${ref.name}" in namespace "${ref.namespace}"`;
    throw new TroubleError('SecretMissing', message);
  }
  const target = readTarget(secret);
  if ('problem' in target)
    throw new TroubleError('SecretUnusable', `the secret "${nameOf(secret)}" ${target.problem}`, false);
  const lent = await lender.find(secret);
  if (lent === 'soon') {
    const message = `waits until it is recorded whose connection secret "${nameOf(secret)}" is`;
    throw new TroubleError('SecretMissing', message, true, SOON_MS);
  }
  return lent ? lentServer(lent, target) : ownServer(target, decoded(secret), isOwnPort);
}

/** As the claim's owner knows it: on a cluster what is read is a copy. */
function nameOf({ metadata }: KubeObject): string {
  return metadata.annotations?.[SERVER_SECRET.nameAnnotation] ?? metadata.name;
}

function lentServer(lent: LentServer, target: Target): Server {
  return {
    id: lent.id,
    endpoint: lent.endpoint,
    login: lent.login,
    lent,
    published: publishedBy(target),
    public: endpointOf(target),
    database: lent.database,
    reserved: [...lent.reserved, target.username],
  };
}

async function ownServer(target: Target, keys: Record<string, string>, isOwnPort: OwnPorts): Promise<Server> {
  const { host, port, username, password } = target;
  const way = await reach(host, port, isOwnPort);
  if (way.kind === 'refused') throw new TroubleError('EndpointNotAllowed', `endpoint: ${way.message}`, false);
  if (way.kind === 'unknown') throw unreachable(host);
  const endpoint = { ...endpointOf(target), address: way.address };
  const id = createHash('sha256')
    .update(JSON.stringify([endpoint, username, password]))
    .digest('hex');
  return {
    id,
    endpoint,
    login: { user: username, password },
    published: publishedBy(target),
    public: endpoint,
    database: target.database,
    reserved: [username, ...(keys.superuserUsername ? [keys.superuserUsername] : [])],
  };
}

function endpointOf({ host, port, ca, sslmode }: Target): {
  host: string;
  port: number;
  ca?: string;
  sslmode: Target['sslmode'];
} {
  return { host, port, sslmode, ...(ca === undefined ? {} : { ca }) };
}

function publishedBy({ host, port, sslmode, ca = '' }: Target): Server['published'] {
  return { endpoint: host, port: String(port), sslmode, 'ca.crt': ca };
}
