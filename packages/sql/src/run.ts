/** Runs the reconcilers of users and databases: two controllers that share their sessions. */
import type { PostgresDatabase, PostgresRole } from '@larder/catalog';
import {
  runController,
  sharedReads,
  type Controller,
  type EventRecorder,
  type Logger,
  type Meter,
  type ReconcileResult,
} from '@larder/controller';
import { keyOf, type Client, type KindRef, type KubeObject } from '@larder/kube';
import { Sessions } from './access/sessions.ts';
import type { Lender } from './access/lender.ts';
import type { OwnPorts } from './access/reach.ts';
import type { SqlContext } from './context.ts';
import { PreparedDatabases } from './databases/prepare-granted.ts';
import { POSTGRES_DATABASE, reconcileDatabase } from './databases/reconcile.ts';
import { ROLE_LABEL } from './roles/credentials.ts';
import { Observations } from './roles/observations.ts';
import { POSTGRES_ROLE, reconcileRole } from './roles/reconcile.ts';

export interface SqlOptions {
  client: Client;
  lender: Lender;
  isOwnPort: OwnPorts;
  events: EventRecorder;
  log: Logger;
  signal: AbortSignal;
  /** Where the Secrets are that roles and databases name. @default all namespaces */
  secretsNamespace?: string;
  meter?: Meter;
  /** @default the machine's */
  now?: () => Date;
}

/** At once. A server sees at most four connections of them, and questions about many roles come to it as one. */
const CONCURRENCY = 32;

/** Ends after the signal aborted and the last reconcile ended. */
export async function runSqlReconcilers(options: SqlOptions): Promise<void> {
  const { now = () => new Date() } = options;
  const sessions = new Sessions();
  const observations = new Observations(sessions);
  const client = sharedReads(options.client);
  const context: SqlContext = { ...options, client, sessions, observations, prepared: new PreparedDatabases(), now };
  const running = [
    run(options, 'postgres-role', POSTGRES_ROLE, key => reconcileRole(context, key)),
    run(options, 'postgres-database', POSTGRES_DATABASE, key => reconcileDatabase(context, key)),
  ];
  await Promise.all(running.map(controller => controller.stopped));
  await sessions.close();
}

function run(
  options: SqlOptions,
  name: string,
  kind: KindRef,
  reconcile: (key: string) => Promise<ReconcileResult>,
): Controller {
  const uses = new Map<string, string>();
  const secrets = { kind: { apiVersion: 'v1', kind: 'Secret' }, namespace: options.secretsNamespace };
  return runController({
    ...options,
    name,
    concurrency: CONCURRENCY,
    watches: [
      { kind },
      { kind, id: 'uses', map: object => noteUse(uses, object) },
      { ...secrets, map: secret => concernedBy(secret, uses, kind) },
    ],
    reconcile,
  });
}

/** Remembers which connection secret an object uses. */
function noteUse(uses: Map<string, string>, object: KubeObject): string[] {
  const { connectionSecretRef: ref } = (object as PostgresRole | PostgresDatabase).spec;
  const key = keyOf(object);
  uses.set(key, `${ref.namespace}/${ref.name}`);
  return [key];
}

/** Who logs in with that secret, or has their own credentials in it. */
function concernedBy(secret: KubeObject, uses: ReadonlyMap<string, string>, { kind }: KindRef): string[] {
  const written = kind === POSTGRES_ROLE.kind ? secret.metadata.labels?.[ROLE_LABEL] : undefined;
  const key = keyOf(secret);
  const users = [...uses].filter(([, used]) => used === key).map(([object]) => object);
  return written === undefined ? users : [...users, written];
}
