/** Lends the plane's rights on its own servers to the users and databases of the same namespace, and to nobody else. */
import { networkInterfaces } from 'node:os';
import { LOCAL_API_VERSION, type PostgresServer } from '@larder/catalog';
import { isSecretOf, label, secretUidAnnotation, type Claim, type Composite } from '@larder/composer';
import type { Client, KubeObject } from '@larder/kube';
import { METRICS_ROLE, PLANE_ROLE } from '@larder/postgres';
import type { Lender, LentServer, OwnPorts } from '@larder/sql';
import type { Home } from '../home/home.ts';
import { findRecord, placeOf, socketFolder, socketRoot } from '../servers/index.ts';
import { PROBE_ROLE } from '../servers/probe-role.ts';

const INSTANCE = { apiVersion: 'syn.tools/v1', kind: 'XPostgreSQLInstance' };
/** Has a password with `access.superuser`, and is nobody's to claim in any case. */
const SUPERUSER = 'postgres';

export function lenderOf(client: Client, home: Home): Lender {
  return {
    async find(secret) {
      const composite = await instanceOf(client, secret);
      if (composite === 'soon') return 'soon';
      const name = composite?.spec.resourceRefs?.find(({ kind }) => kind === 'PostgresServer')?.name;
      if (name === undefined) return undefined;
      const server = await client.find<PostgresServer>({ apiVersion: LOCAL_API_VERSION, kind: 'PostgresServer', name });
      return server && lend(home, server);
    },
  };
}

/**
 * The instance whose connection secret it is: in its namespace, and by the uid that was recorded when the secret was written.
 * `soon` for one that the composer takes for a claim's own, and records as that in a moment.
 */
async function instanceOf(client: Client, secret: KubeObject): Promise<Composite | 'soon' | undefined> {
  const { namespace = '', uid } = secret.metadata;
  if (uid === undefined) return undefined;
  const labelSelector = `${label.claimNamespace}=${namespace}`;
  const { items } = await client.list<Composite>(INSTANCE, { labelSelector });
  const here = items.filter(({ spec }) => spec.claimRef?.namespace === namespace);
  const recorded = here.find(({ metadata }) => metadata.annotations?.[secretUidAnnotation] === uid);
  if (recorded !== undefined) return recorded;
  for (const { spec } of here) {
    const claim = spec.claimRef && (await client.find<Claim>(spec.claimRef));
    if (claim && isSecretOf(claim, secret)) return 'soon';
  }
  return undefined;
}

async function lend(home: Home, { metadata, spec }: PostgresServer): Promise<LentServer | undefined> {
  const record = await findRecord(placeOf(home, metadata.name));
  if (record === undefined || record.objectUid !== metadata.uid || record.firstPassword !== undefined) return undefined;
  const { port, planePassword } = record;
  return {
    id: metadata.uid ?? metadata.name,
    endpoint: { socketFolder: socketFolder(socketRoot(home.folder), port), port },
    login: { user: PLANE_ROLE, password: planePassword },
    database: spec.database,
    reserved: [PLANE_ROLE, METRICS_ROLE, PROBE_ROLE, SUPERUSER, spec.owner],
    superuserAccess: spec.superuserAccess,
  };
}

/** Whether the plane itself listens there: its API and whatever else isn't a PostgreSQL server. */
export function ownPorts(ports: () => readonly number[]): OwnPorts {
  return (address, port) => ports().includes(port) && isThisMachine(address);
}

function isThisMachine(address: string): boolean {
  if (address.startsWith('127.') || address === '::1') return true;
  return Object.values(networkInterfaces()).some(each => each?.some(({ address: own }) => own === address));
}
