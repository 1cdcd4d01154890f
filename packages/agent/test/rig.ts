/** An API with the agent's kinds, a real server, and agents between them. Everything goes at the end. */
import {
  lentServer,
  postgresDatabase,
  postgresRole,
  SERVER_SECRET,
  SQL_API_VERSION,
  type LentServer,
  type PostgresRoleSpec,
} from '@larder/catalog';
import { isConditionTrue, noLog, waitFor, type Logger } from '@larder/controller';
import { scramVerifier, withSession, type Endpoint, type Session } from '@larder/driver';
import type { Client, Condition, KubeObject, ObjectRef } from '@larder/kube';
import { startAgent, type RunningAgent } from '@larder/agent';
import { makeMachine, makeServer, type Scope, type TestServer } from '../../postgres/test/machine.ts';

export const HOME = 'larder-agent';
export const TEAM = 'team';
/** Of the instance that the server stands for. */
export const INSTANCE = 'sv-postgresql-postgres1-abcde';
const WAIT_MS = 60_000;

export interface Rig {
  client: Client;
  server: TestServer;
  /** An agent on that client, or on another of its own. */
  start(identity: string, options?: { client?: Client; log?: Logger }): Promise<RunningAgent>;
  asSuperuser<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** With the credentials of a role. */
  asRole<T>(name: string, work: (session: Session) => Promise<T>): Promise<T>;
  writeSecret(
    ref: { namespace: string; name: string },
    data: Record<string, string>,
    more?: object,
  ): Promise<KubeObject>;
  /** What a composition makes of a claim: the copy of its connection secret, and the role. */
  createRole(
    name: string,
    options?: { spec?: Partial<PostgresRoleSpec>; notes?: Record<string, string> },
  ): Promise<void>;
  until(ref: ObjectRef, holds: (object: KubeObject | undefined) => boolean): Promise<KubeObject | undefined>;
  untilReady(name: string): Promise<void>;
  untilReason(name: string, reason: string): Promise<string>;
}

/** The server's owner `app` has the password `owner-password`; its superuser's login is in the instance's namespace, and is lent. */
export async function makeRig(scope: Scope, client: Client): Promise<Rig> {
  for (const kind of [postgresRole, postgresDatabase, lentServer]) {
    await client.create(kind);
    const ref = { apiVersion: kind.apiVersion, kind: kind.kind, name: kind.metadata.name };
    await waitFor(client, ref, object => isConditionTrue(conditions(object), 'Established'), { timeoutMs: WAIT_MS });
  }
  for (const name of [HOME, TEAM, INSTANCE]) {
    const there = await client.find({ apiVersion: 'v1', kind: 'Namespace', name });
    if (!there) await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  const machine = await makeMachine(scope, 'agent');
  const server = await makeServer(scope, machine);
  await server.start();
  const asSuperuser: Rig['asSuperuser'] = work =>
    withSession(server.socket, { ...server.login, database: 'postgres' }, work);
  await asSuperuser(async session => {
    await session.rows(`ALTER ROLE app PASSWORD '${await scramVerifier('owner-password')}'`);
    await session.rows(`CREATE ROLE boss SUPERUSER LOGIN PASSWORD '${await scramVerifier('boss-password')}'`);
  });
  const rig = rigOn(scope, client, server, asSuperuser);
  const original = await rig.writeSecret({ namespace: TEAM, name: 'postgres1-connection' }, connectionOf(server));
  const login = { username: 'boss', password: 'boss-password' };
  await rig.writeSecret({ namespace: INSTANCE, name: 'postgres1-abcde-superuser' }, login);
  await client.create(lentServerObject(server, original));
  return rig;
}

function rigOn(scope: Scope, client: Client, server: TestServer, asSuperuser: Rig['asSuperuser']): Rig {
  const tls = server.tls as Extract<Endpoint, { host: string }>;
  const rig: Rig = {
    client,
    server,
    asSuperuser,
    async start(identity, options = {}) {
      const agent = await startAgent({
        ...{ client, log: noLog, namespace: HOME, identity, isOwnPort: () => false, ...options },
        health: { host: '127.0.0.1', port: 0 },
        lease: { durationMs: 3_000, retryMs: 200 },
      });
      scope.defer(() => agent.stop().catch(() => undefined));
      return agent;
    },
    async asRole(name, work) {
      const secret = await client.get<KubeObject>({
        apiVersion: 'v1',
        kind: 'Secret',
        namespace: HOME,
        name: `${name}-login`,
      });
      const { username = '', password = '', database = '' } = decoded(secret);
      return withSession(tls, { user: username, password, database }, work);
    },
    async writeSecret({ namespace, name }, data, more = {}) {
      const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
      const content = { data: Object.fromEntries(encoded) as Record<string, string> };
      return client.create<KubeObject>({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, namespace, ...more },
        ...content,
      });
    },
    async createRole(name, { spec = {}, notes } = {}) {
      const annotations = notes ?? (await notesOf(client, 'postgres1-connection'));
      const labels = { [SERVER_SECRET.usedByLabel]: `PostgresRole.${name}` };
      const more = { annotations, labels, finalizers: [SERVER_SECRET.finalizer] };
      await rig.writeSecret({ namespace: HOME, name: `${name}-server` }, connectionOf(server), more);
      await client.create(roleObject(name, spec));
    },
    until: (ref, holds) => waitFor(client, ref, holds, { timeoutMs: WAIT_MS }),
    async untilReady(name) {
      await rig.until(roleRef(name), object => isConditionTrue(conditions(object), 'Ready'));
    },
    async untilReason(name, reason) {
      const has = (object: KubeObject | undefined): Condition | undefined =>
        conditions(object).find(each => each.reason === reason);
      return has(await rig.until(roleRef(name), object => has(object) !== undefined))?.message ?? '';
    },
  };
  return rig;
}

export function connectionOf({ tls }: TestServer): Record<string, string> {
  const { host, port, ca = '' } = tls as Extract<Endpoint, { host: string }>;
  const login = { username: 'app', password: 'owner-password', database: 'app' };
  return { endpoint: host, port: String(port), ...login, 'ca.crt': ca, sslmode: 'verify-full' };
}

/** What the composition notes on a copy. */
export async function notesOf(client: Client, name: string): Promise<Record<string, string>> {
  const { metadata } = await client.get({ apiVersion: 'v1', kind: 'Secret', namespace: TEAM, name });
  return {
    [SERVER_SECRET.uidAnnotation]: metadata.uid ?? '',
    [SERVER_SECRET.namespaceAnnotation]: TEAM,
    [SERVER_SECRET.nameAnnotation]: name,
  };
}

function lentServerObject(server: TestServer, { metadata }: KubeObject): LentServer {
  const { host, port, ca = '' } = server.tls as Extract<Endpoint, { host: string }>;
  return {
    apiVersion: SQL_API_VERSION,
    kind: 'LentServer',
    metadata: { name: 'postgres1-abcde' },
    spec: {
      connectionSecret: { namespace: TEAM, uid: metadata.uid ?? '' },
      ...{ host, port, ca, database: 'app', reserved: ['app'], superuserAccess: false },
      loginSecretRef: {
        namespace: INSTANCE,
        name: 'postgres1-abcde-superuser',
        usernameKey: 'username',
        passwordKey: 'password',
      },
    },
  };
}

function roleObject(name: string, spec: Partial<PostgresRoleSpec>): KubeObject {
  return {
    apiVersion: SQL_API_VERSION,
    kind: 'PostgresRole',
    metadata: { name },
    spec: {
      connectionSecretRef: { namespace: HOME, name: `${name}-server` },
      name,
      grants: [{ database: 'app', privilege: 'readwrite' }],
      ...{ createDatabase: false, replication: false, connectionLimit: -1, adopt: false },
      writeConnectionSecretToRef: { namespace: HOME, name: `${name}-login` },
      ...spec,
    },
  };
}

export function roleRef(name: string): ObjectRef {
  return { apiVersion: SQL_API_VERSION, kind: 'PostgresRole', name };
}

function conditions(object: KubeObject | undefined): Condition[] {
  return (object?.status as { conditions?: Condition[] } | undefined)?.conditions ?? [];
}

function decoded(secret: KubeObject): Record<string, string> {
  const data = Object.entries((secret.data ?? {}) as Record<string, string>);
  return Object.fromEntries(data.map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]));
}
