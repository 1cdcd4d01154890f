/** What Crossplane would ask of a cluster's engines, and clusters that did what they were told. */
import type { KubeObject } from '@larder/kube';
import {
  services,
  type ClusterComposition,
  type CompositionRequest,
  type CompositionResponse,
  type PlaneSettings,
} from '@larder/catalog';

export type Engine = ClusterComposition['engine'];
export type Way = 'Direct' | 'Object';

export const engines: Engine[] = ['cloudnativepg', 'stackgres'];
export const namespace = 'sv-postgresql-postgres1-abcde';

const images: PlaneSettings['images'] = ['15.19', '16.15', '17.9', '17.10', '18.4'].map(version => ({
  version,
  image: `registry.example/postgresql:${version}-standard-bookworm`,
}));

export const wellKnown = {
  resources: { storageSize: '10Gi', limits: { memory: '1Gi' } },
  updatePolicy: { version: '17', securityUpdates: '00 22 * * 2', apply: 'Scheduled' },
};

export interface Situation {
  engine: Engine;
  way?: Way;
  crossplane?: 1 | 2;
  parameters?: Record<string, unknown>;
  metadata?: Partial<KubeObject['metadata']>;
  onOffer?: PlaneSettings['images'];
  composed?: CompositionRequest['composed'];
  required?: CompositionRequest['required'];
  claim?: Record<string, unknown> | null;
}

export function request(so: Situation): CompositionRequest {
  const { engine, way = 'Direct', crossplane = 2, parameters = wellKnown, onOffer = images } = so;
  return {
    composite: {
      apiVersion: 'syn.tools/v1',
      kind: 'XPostgreSQLInstance',
      metadata: { name: 'postgres1-abcde', uid: 'the-composite', ...so.metadata },
      spec: {
        parameters,
        claimRef: { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLInstance', namespace: 'my-app', name: 'postgres1' },
      },
    },
    composed: so.composed ?? {},
    required: so.required ?? {},
    input: {
      apiVersion: 'larder.dev/v1alpha1',
      kind: 'Catalog',
      service: 'postgresql',
      engine,
      crossplane,
      delivery: way === 'Direct' ? { kind: way } : { kind: way, providerConfig: 'databases' },
      images: onOffer,
    },
  };
}

export function compose(so: Situation): CompositionResponse {
  return composeRequest(request(so));
}

export function composeRequest(asked: CompositionRequest): CompositionResponse {
  const composition = services[0]?.clusterCompositions?.find(({ engine }) => engine === asked.input?.engine);
  if (!composition) throw new Error(`there is no engine ${String(asked.input?.engine)}`);
  return composition.compose(asked);
}

/** The object that a response composes, out of its Object where there is one. */
export function objectOf(response: CompositionResponse, name: string): KubeObject {
  const resource = response.composed[name]?.resource;
  if (!resource) throw new Error(`no ${name} is composed, but ${Object.keys(response.composed).join(', ')}`);
  const carried = (resource.spec as { forProvider?: { manifest?: KubeObject } } | undefined)?.forProvider?.manifest;
  return carried ?? (resource as KubeObject);
}

/** Statuses of what runs well, by name in the composition. */
function statusesOf(version: string): Record<string, Record<string, unknown>> {
  const image = `registry.example/postgresql:${version}-standard-bookworm`;
  return {
    namespace: { phase: 'Active' },
    database: { applied: true },
    certificate: { conditions: [{ type: 'Ready', status: 'True' }] },
    authority: { conditions: [{ type: 'Ready', status: 'True' }] },
    issuer: { conditions: [{ type: 'Ready', status: 'True' }] },
    'root-issuer': { conditions: [{ type: 'Ready', status: 'True' }] },
    'cloudnativepg/cluster': {
      phase: 'Cluster in healthy state',
      currentPrimary: 'postgres1-abcde-1',
      readyInstances: 1,
      image,
      pgDataImageInfo: { image, majorVersion: parseInt(version) },
      conditions: [{ type: 'Ready', status: 'True', reason: 'ClusterIsReady', message: 'Cluster is Ready' }],
    },
    'stackgres/cluster': {
      postgresVersion: version,
      buildVersion: '6.49',
      instances: 1,
      managedSql: { scripts: [{ id: 0 }, { id: 1, completedAt: '2026-11-23T10:00:00Z' }] },
      conditions: [
        { type: 'Failed', status: 'False', reason: 'FalseFailed' },
        { type: 'PendingRestart', status: 'False', reason: 'FalsePendingRestart' },
        { type: 'Bootstrapped', status: 'True', reason: 'ClusterBootstrapped' },
      ],
    },
  };
}

/** The response's objects as the cluster has them when all is well. `change` may say otherwise of any. */
export function observed(
  so: Situation,
  response: CompositionResponse,
  change: (name: string, object: KubeObject) => KubeObject = (_name, object) => object,
): CompositionRequest['composed'] {
  const entries = Object.keys(response.composed).map(name => {
    const outer = response.composed[name]?.resource as KubeObject;
    const inner = objectOf(response, name);
    const statuses = statusesOf(so.engine === 'cloudnativepg' ? cnpgVersion(inner) : sgVersion(inner));
    const status = statuses[`${so.engine}/${name}`] ?? statuses[name];
    const seen = change(name, {
      ...structuredClone(inner),
      ...(name === 'owner' ? { data: { password: 'aHVudGVyMg==' } } : {}),
      ...(name === 'connection' ? { metadata: { ...inner.metadata, uid: 'the-secret' } } : {}),
      ...(status ? { status } : {}),
    });
    if (so.way !== 'Object') return [name, { resource: seen, connectionDetails: {} }];
    const resource =
      outer.kind === 'Object'
        ? { ...structuredClone(outer), status: { atProvider: { manifest: seen } } }
        : { ...seen, status: { conditions: [{ type: 'Ready', status: 'True' }] } };
    return [name, { resource, connectionDetails: name === 'cluster' ? credentials : {} }];
  });
  return Object.fromEntries(entries) as CompositionRequest['composed'];
}

function cnpgVersion({ spec }: KubeObject): string {
  return /:(\d+\.\d+)/.exec(String((spec as { imageName?: string } | undefined)?.imageName))?.[1] ?? '17.10';
}

function sgVersion({ spec }: KubeObject): string {
  return (spec as { postgres?: { version?: string } } | undefined)?.postgres?.version ?? '17.10';
}

export const credentials = {
  username: 'app',
  password: 'p@ss/wörd',
  'ca.crt': '-----BEGIN CERTIFICATE-----',
  superuserUsername: 'postgres',
  superuserPassword: 'root',
};

/** What Crossplane finds for the requirements of a claim that names no secret. */
export function found({ engine, claim = {} }: Situation): CompositionRequest['required'] {
  const secret = (name: string, fields: Record<string, string>): [string, KubeObject[]] => [
    `secret-${name}`,
    [{ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, data: encoded(fields) }],
  ];
  const { username, password, superuserUsername, superuserPassword } = credentials;
  const ca = { 'ca.crt': credentials['ca.crt'] };
  const secrets =
    engine === 'cloudnativepg'
      ? [
          secret('postgres1-abcde-app', { username, password }),
          secret('postgres1-abcde-ca', { ...ca, 'ca.key': 'never read' }),
          secret('postgres1-abcde-superuser', { username: superuserUsername, password: superuserPassword }),
        ]
      : [
          secret('owner', { password }),
          secret('server', ca),
          secret('postgres1-abcde', {
            'superuser-username': superuserUsername,
            'superuser-password': superuserPassword,
          }),
        ];
  return {
    ...Object.fromEntries(secrets),
    claim: claim === null ? [] : [claimObject(claim)],
    'claim-secret': [],
  };
}

export function claimObject(spec: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: 'syn.tools/v1',
    kind: 'PostgreSQLInstance',
    metadata: { name: 'postgres1', namespace: 'my-app' },
    spec,
  };
}

export function encoded(fields: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, Buffer.from(value, 'utf8').toString('base64')]),
  );
}

/** The request once everything runs: called again until the answer stays the same. */
export function settled(so: Situation): CompositionRequest {
  let asked = request({ ...so, required: so.required ?? found(so) });
  for (let round = 0; round < 5; round += 1) {
    const answer = composeRequest(asked);
    asked = { ...asked, composed: observed(so, answer) };
  }
  return asked;
}

/** What a changed claim makes of what runs. */
export function changed(running: CompositionRequest, parameters: Record<string, unknown>): CompositionRequest {
  const spec = { ...(running.composite.spec as Record<string, unknown>), parameters };
  return { ...running, composite: { ...running.composite, spec } };
}

export function acceptedOf({ conditions }: CompositionResponse): { status: string; reason: string; message: string } {
  const { status = '', reason = '', message = '' } = conditions.find(({ type }) => type === 'Accepted') ?? {};
  return { status, reason, message };
}

export function onClaim({ conditions }: CompositionResponse): string[] {
  return conditions
    .filter(({ target }) => target === 'CompositeAndClaim')
    .map(({ type, reason }) => `${type}=${reason}`);
}

export function withPolicy(
  policy: Record<string, unknown>,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return { ...wellKnown, ...more, updatePolicy: { ...wellKnown.updatePolicy, ...policy } };
}
