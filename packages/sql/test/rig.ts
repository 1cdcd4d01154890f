/** An API and a real server, with the reconcilers of users and databases between them. Everything goes at the end. */
import {
  postgresDatabase,
  postgresRole,
  SQL_API_VERSION,
  type PostgresDatabase,
  type PostgresDatabaseSpec,
  type PostgresRole,
  type PostgresRoleSpec,
} from '@larder/catalog';
import { isConditionTrue, noLog, startEventRecorder, waitFor, type Logger } from '@larder/controller';
import { scramVerifier, withSession, type Endpoint, type Login, type Session, type SslMode } from '@larder/driver';
import type { Client, Condition, KubeObject, ObjectRef } from '@larder/kube';
import { runSqlReconcilers, nothingLent, type Lender, type LentServer, type SqlOptions } from '@larder/sql';
import { startApi } from '../../composer/test/plane.ts';
import { makeMachine, makeServer, type Scope, type TestServer } from '../../postgres/test/machine.ts';

export interface Rig extends ForeignRig {
  server: TestServer;
  /** As the superuser of the server. */
  asSuperuser<T>(work: (session: Session) => Promise<T>, database?: string): Promise<T>;
  /** Those of these names that are there. */
  rolesLike(name: string): Promise<string[]>;
}

/** Of a server that nobody here may do everything on. */
export interface ForeignRig {
  client: Client;
  /** With a role's Secret alone, as an application. */
  asRole<T>(name: string, work: (session: Session) => Promise<T>, login?: Partial<Login>): Promise<T>;
  start(options?: Partial<SqlOptions>): void;
  stop(): Promise<void>;
  createRole(name: string, spec?: Partial<PostgresRoleSpec>): Promise<void>;
  createDatabase(name: string, spec?: Partial<PostgresDatabaseSpec>): Promise<void>;
  untilReady(kind: 'PostgresRole' | 'PostgresDatabase', name: string): Promise<KubeObject>;
  untilReason(kind: 'PostgresRole' | 'PostgresDatabase', name: string, reason: string): Promise<string>;
  untilEvent(kind: 'PostgresRole' | 'PostgresDatabase', name: string, reason: string): Promise<string>;
  /** Starts, and resolves when each of these roles was looked at. */
  resync(names: string[]): Promise<void>;
  untilGone(kind: 'PostgresRole' | 'PostgresDatabase', name: string): Promise<void>;
  secretOf(name: string): Promise<Record<string, string>>;
  readSecret(name: string): Promise<Record<string, string>>;
  untilSecret(role: string, holds: (data: Record<string, string>) => boolean): Promise<void>;
  /** As the login of the connection secret, in its database. */
  asManager<T>(work: (session: Session) => Promise<T>): Promise<T>;
  databasesLike(name: string): Promise<string[]>;
  /** Looks at everything again, with nothing remembered. */
  resyncFresh(): Promise<void>;
  writeSecret(name: string, data: Record<string, string>): Promise<void>;
}

const NAMESPACE = 'team';
const WAIT_MS = 60_000;

/** `lent`: the plane lends its own rights for the secret `connection`; otherwise its login's own must do. */
export async function makeRig(scope: Scope, { lent }: { lent: boolean }): Promise<Rig> {
  const machine = await makeMachine(scope, 'sql');
  const server = await makeServer(scope, machine);
  await server.start();
  const client = await startApiWithKinds(scope);
  const asSuperuser: Rig['asSuperuser'] = (work, database = 'postgres') =>
    withSession(server.socket, { ...server.login, database }, work);
  await asSuperuser(async session => {
    await session.rows(`ALTER ROLE app PASSWORD '${await scramVerifier('owner-password')}'`);
  });
  const tls = server.tls as Extract<Endpoint, { host: string }>;
  const connection = {
    endpoint: tls.host,
    port: String(tls.port),
    username: 'app',
    password: 'owner-password',
    database: 'app',
    'ca.crt': tls.ca ?? '',
    sslmode: 'verify-full',
  };
  const lender = {
    find: async (secret: KubeObject) => (secret.metadata.name === 'connection' ? lentServer(server) : undefined),
  };
  const rig = await foreignRig(scope, client, { connection, lender: lent ? lender : nothingLent });
  return Object.assign(rig, {
    server,
    asSuperuser,
    async rolesLike(name: string) {
      const sql = 'select rolname as name from pg_roles where rolname = $1';
      return (await asSuperuser(session => session.rows<{ name: string }>(sql, [name]))).map(row => row.name);
    },
  });
}

/** `connection`: the content of the secret of that name. */
export async function makeForeignRig(scope: Scope, connection: Record<string, string>): Promise<ForeignRig> {
  return foreignRig(scope, await startApiWithKinds(scope), { connection, lender: nothingLent });
}

async function foreignRig(
  scope: Scope,
  client: Client,
  { connection, lender }: { connection: Record<string, string>; lender: Lender },
): Promise<ForeignRig> {
  const running = new Set<() => Promise<void>>();
  const { endpoint = '', port, 'ca.crt': ca, sslmode } = connection;
  const tls = { host: endpoint, port: Number(port), ca, sslmode: sslmode as SslMode };
  const rig: ForeignRig = {
    client,
    asRole: async (name, work, login = {}) => {
      const { username = '', password = '', database = '' } = await rig.secretOf(name);
      return withSession(tls, { user: username, password, database, ...login }, work);
    },
    start(options = {}) {
      const abort = new AbortController();
      const events = startEventRecorder({ client, component: 'test' });
      const done = runSqlReconcilers({
        client,
        lender,
        isOwnPort: () => false,
        events,
        log: noLog,
        signal: abort.signal,
        ...options,
      });
      const stop = async (): Promise<void> => {
        running.delete(stop);
        abort.abort();
        await done;
        await events.flush();
      };
      running.add(stop);
    },
    async stop() {
      for (const stop of running) await stop();
    },
    async createRole(name, spec = {}) {
      await client.create(roleObject(name, spec));
    },
    async createDatabase(name, spec = {}) {
      await client.create(databaseObject(name, spec));
    },
    untilReady: (kind, name) =>
      until(client, refOf(kind, name), object => {
        const current =
          (object.status as { observedGeneration?: number } | undefined)?.observedGeneration ===
          object.metadata.generation;
        return current && isConditionTrue(conditions(object), 'Ready');
      }),
    async untilReason(kind, name, reason) {
      const object = await until(client, refOf(kind, name), found =>
        conditions(found).some(condition => condition.reason === reason),
      );
      return conditions(object).find(condition => condition.reason === reason)?.message ?? '';
    },
    async untilEvent(kind, name, reason) {
      const signal = AbortSignal.timeout(WAIT_MS);
      const events = client.watch({ apiVersion: 'v1', kind: 'Event' }, { namespace: 'default', signal });
      for await (const { object } of events) {
        const {
          involvedObject,
          reason: said,
          message,
        } = object as KubeObject & {
          involvedObject?: { kind: string; name: string };
          reason?: string;
          message?: string;
        };
        if (involvedObject?.kind === kind && involvedObject.name === name && said === reason) return message ?? '';
      }
      throw new Error(`no event ${reason} about ${kind} ${name}`);
    },
    async resync(names) {
      const left = new Set(names);
      await new Promise<void>(resolve => {
        const seen: Logger = {
          ...noLog,
          with: () => seen,
          debug(message, fields) {
            if (message === 'reconciled' && left.delete(String(fields?.key)) && left.size === 0) resolve();
          },
        };
        rig.start({ log: seen });
      });
    },
    async untilGone(kind, name) {
      await waitFor(client, refOf(kind, name), object => object === undefined, { timeoutMs: WAIT_MS });
    },
    secretOf: name => rig.readSecret(`${name}-secret`),
    async readSecret(name) {
      return decoded(await client.get({ apiVersion: 'v1', kind: 'Secret', namespace: NAMESPACE, name }));
    },
    async untilSecret(role, holds) {
      const ref = { apiVersion: 'v1', kind: 'Secret', namespace: NAMESPACE, name: `${role}-secret` };
      await until(client, ref, secret => holds(decoded(secret)));
    },
    async asManager(work) {
      const { username = '', password = '', database = '' } = await rig.readSecret('connection');
      return withSession(tls, { user: username, password, database }, work);
    },
    async databasesLike(name) {
      const sql = 'select datname as name from pg_database where datname = $1';
      return (await rig.asManager(session => session.rows<{ name: string }>(sql, [name]))).map(row => row.name);
    },
    async resyncFresh() {
      await rig.stop();
      rig.start();
    },
    async writeSecret(name, data) {
      const encoded = Object.fromEntries(
        Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
      );
      const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: NAMESPACE }, data: encoded };
      const there = await client.find({ apiVersion: 'v1', kind: 'Secret', namespace: NAMESPACE, name });
      await (there ? client.update({ ...there, data: encoded }) : client.create(object));
    },
  };
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  await rig.writeSecret('connection', connection);
  scope.defer(() => rig.stop());
  return rig;
}

export function roleObject(name: string, spec: Partial<PostgresRoleSpec> = {}): PostgresRole {
  return {
    apiVersion: SQL_API_VERSION,
    kind: 'PostgresRole',
    metadata: { name },
    spec: {
      connectionSecretRef: { namespace: NAMESPACE, name: 'connection' },
      name,
      grants: [],
      createDatabase: false,
      replication: false,
      connectionLimit: -1,
      adopt: false,
      writeConnectionSecretToRef: { namespace: NAMESPACE, name: `${name}-secret` },
      ...spec,
    },
  };
}

export function databaseObject(name: string, spec: Partial<PostgresDatabaseSpec> = {}): PostgresDatabase {
  return {
    apiVersion: SQL_API_VERSION,
    kind: 'PostgresDatabase',
    metadata: { name },
    spec: {
      connectionSecretRef: { namespace: NAMESPACE, name: 'connection' },
      name,
      extensions: [],
      adopt: false,
      deletionPolicy: 'Retain',
      ...spec,
    },
  };
}

export function refOf(kind: 'PostgresRole' | 'PostgresDatabase', name: string): ObjectRef {
  return { apiVersion: SQL_API_VERSION, kind, name };
}

export function conditions(object: KubeObject): Condition[] {
  return (object.status as { conditions?: Condition[] } | undefined)?.conditions ?? [];
}

/** The SQLSTATE with which the server refuses a statement; `''` when it does it. */
export async function refusal(session: Session, sql: string): Promise<string> {
  return session.rows(sql).then(
    () => '',
    (error: { code?: string }) => error.code ?? 'no answer of PostgreSQL',
  );
}

function lentServer(server: TestServer): LentServer {
  const { user, password } = server.login;
  return {
    id: 'server',
    endpoint: server.socket,
    login: { user, password },
    database: 'app',
    reserved: [user, 'app'],
    superuserAccess: false,
  };
}

async function until(client: Client, ref: ObjectRef, predicate: (object: KubeObject) => boolean): Promise<KubeObject> {
  const found = await waitFor(client, ref, object => object !== undefined && predicate(object), { timeoutMs: WAIT_MS });
  if (found === undefined) throw new Error(`${ref.kind} ${ref.name} is gone`);
  return found;
}

async function startApiWithKinds(scope: Scope): Promise<Client> {
  const client = await startApi({ after: undo => scope.defer(undo as () => unknown) });
  for (const kind of [postgresRole, postgresDatabase]) {
    await client.create(kind);
    await until(client, { ...kind, name: kind.metadata.name }, object =>
      isConditionTrue(conditions(object), 'Established'),
    );
  }
  return client;
}

function decoded(secret: KubeObject): Record<string, string> {
  const data = Object.entries((secret.data ?? {}) as Record<string, string>);
  return Object.fromEntries(data.map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]));
}
