/**
 * A PostgreSQLInstance as a Cluster of CloudNativePG, in a namespace of its own. What can't be met is the condition `Accepted=False`,
 * and what was accepted before stays as it is.
 */
import { parseQuantity, type KubeObject } from '@larder/kube';
import type { DesiredComposed } from '../../composition.ts';
import {
  appliedAnnotation,
  type ClusterEngine,
  type CredentialSource,
  type EngineRequest,
  type EngineResponse,
  type Lending,
} from '../../cluster/engine.ts';
import { isReady } from '../../cluster/ready.ts';
import { connectionDetails } from '../connection.ts';
import { fieldAt } from '../fields.ts';
import { readParameters, type Parameters } from '../parameters.ts';
import { acceptance, refusalEvents, type Verdict } from './acceptance.ts';
import { clusterObject, databaseObject, type ClusterParts } from './cloudnativepg/cluster-object.ts';
import { versionOfImage, type CnpgCluster } from './cloudnativepg/cluster-kinds.ts';
import { clusterParameters, refuseForCloudNativePg } from './cloudnativepg/parameters.ts';
import { isSuperuserGiven, planSuperuser } from './cloudnativepg/superuser.ts';
import { clusterConditions, databaseConditions, statusOf } from './cloudnativepg/status.ts';
import { decide, resourceTexts, splitByRestart, type Decision, type Plan, type Running } from './cluster/decide.ts';
import { hold, readApplied, type Applied } from './cluster/hold.ts';
import { composeInPlace, labelsOf, namespaceOf, postgresPort } from './cluster/place.ts';
import { bytesText } from './local-machine.ts';
import { pendingUpgrade } from './pending.ts';
import type { PendingChange } from './postgres-server.ts';

export const cloudNativePg: ClusterEngine = {
  names: ['namespace', 'quota', 'network-policy', 'cluster', 'database'],
  holdsData: 'cluster',
  usages: [
    { of: 'namespace', by: 'cluster' },
    { of: 'network-policy', by: 'cluster' },
    { of: 'cluster', by: 'database' },
  ],
  credentials,
  compose,
};

function compose(request: EngineRequest): EngineResponse {
  const { composite, composed, settings } = request;
  const wanted = readParameters(composite);
  const cluster = composed.cluster?.resource as CnpgCluster | undefined;
  const running = cluster && runningOf(request, cluster);
  const decision = withOwnRules(wanted, decide(wanted, settings, running));
  if (decision.kind !== 'accepted') return unaccepted(request, wanted, decision, cluster);
  const { parts, pending } = build(request, wanted, decision, running);
  const superuser = planSuperuser(wanted.superuser, cluster);
  const details = detailsOf(request, wanted.superuser);
  const inside: Record<string, DesiredComposed> = {
    cluster: { resource: clusterObject({ ...parts, superuser }), ready: isWell(cluster) && details !== undefined },
    ...(wanted.extensions.length > 0 ? { database: database(request, wanted) } : {}),
  };
  return {
    composed: composeInPlace({ composite, wanted, settings, composed, podSecurity: 'restricted' }, inside),
    status: statusOf({
      cluster,
      wanted,
      settings,
      endpoint: `${endpointOf(composite)}:${postgresPort}`,
      pending,
      storageSize: bytesText(wanted.storageBytes),
    }),
    connectionDetails: details,
    conditions: [
      acceptance({ kind: 'accepted' }),
      ...clusterConditions(cluster),
      ...(wanted.extensions.length > 0 ? databaseConditions(composed.database?.resource) : []),
    ],
    events: [],
    ...(details && isWell(cluster) ? { lends: lending(composite, wanted, details) } : {}),
  };
}

/** The superuser's Secret is the operator's own; nobody of the claim's namespace sees it. */
function lending(composite: KubeObject, { superuser }: Parameters, details: Record<string, string>): Lending {
  const { name } = composite.metadata;
  return {
    labels: labelsOf(composite),
    host: endpointOf(composite),
    port: postgresPort,
    ca: details['ca.crt'] ?? '',
    database: 'app',
    reserved: ['app', 'postgres', 'streaming_replica', 'cnpg_pooler_pgbouncer'],
    superuserAccess: superuser,
    loginSecretRef: {
      namespace: namespaceOf(composite),
      name: `${name}-superuser`,
      usernameKey: 'username',
      passwordKey: 'password',
    },
  };
}

function withOwnRules(wanted: Parameters, decision: Decision): Decision {
  if (decision.kind !== 'accepted') return decision;
  const refusals = refuseForCloudNativePg(wanted, decision);
  return refusals.length > 0 ? { kind: 'refused', refusals } : decision;
}

interface Runs extends Running {
  image: string;
  applied: Applied;
}

/** What runs, so that it counts; nothing before there is data: until then another version may be chosen. */
function runningOf({ composed, settings }: EngineRequest, { metadata, spec, status }: CnpgCluster): Runs | undefined {
  const hasData = status?.currentPrimary !== undefined || status?.pgDataImageInfo !== undefined;
  if (!hasData && composed.cluster?.unread !== true) return undefined;
  const version = versionOfImage(spec.imageName, settings.images);
  if (version === undefined) return undefined;
  return {
    version,
    image: spec.imageName,
    storageBytes: parseQuantity(spec.storage.size).bytes(),
    applied: readApplied(metadata.annotations?.[appliedAnnotation]) ?? appliedFrom(spec),
  };
}

/** Where the note is gone: what the Cluster itself says. */
function appliedFrom(spec: CnpgCluster['spec']): Applied {
  const texts = (path: string): Record<string, string> => (fieldAt(spec, path) ?? {}) as Record<string, string>;
  const resources = ['limits', 'requests'].flatMap(kind =>
    Object.entries(texts(`resources.${kind}`)).map(([name, value]) => [`${kind}.${name}`, value]),
  );
  return {
    settings: texts('postgresql.parameters'),
    libraries: (fieldAt(spec, 'postgresql.shared_preload_libraries') ?? []) as string[],
    resources: Object.fromEntries(resources) as Record<string, string>,
    wish: '',
  };
}

function build(
  { composite, settings }: EngineRequest,
  wanted: Parameters,
  plan: Plan,
  running: Runs | undefined,
): { parts: Omit<ClusterParts, 'superuser'>; pending: PendingChange[] } {
  const { settings: all, libraries } = clusterParameters(wanted, plan);
  const { restarting, reloadable } = splitByRestart(all, plan.version);
  const known = running && onlyOurs(running.applied, restarting);
  const held = hold({ settings: restarting, libraries, resources: resourceTexts(wanted) }, wanted, known);
  const image = running?.version === plan.version ? running.image : imageOf(plan.version, settings.images);
  return {
    parts: { composite, wanted, settings, image, applied: held.applied, reloadable },
    pending: [...(plan.upgrade ? [pendingUpgrade(plan.upgrade, wanted)] : []), ...held.pending],
  };
}

/** A Cluster shows its operator's defaults too; without our note only what we want says what is ours. */
function onlyOurs(applied: Applied, wanted: Record<string, string>): Applied {
  if (applied.wish !== '') return applied;
  const settings = Object.entries(applied.settings).filter(([name]) => name in wanted);
  return { ...applied, settings: Object.fromEntries(settings) };
}

function imageOf(version: string, images: EngineRequest['settings']['images']): string {
  const image = images.find(entry => entry.version === version)?.image;
  return image ?? `ghcr.io/cloudnative-pg/postgresql:${version}`;
}

/** Everything stays as it is, and the claim says why. */
function unaccepted(
  request: EngineRequest,
  wanted: Parameters,
  verdict: Verdict,
  cluster: CnpgCluster | undefined,
): EngineResponse {
  const { composite, settings } = request;
  return {
    keep: true,
    composed: {},
    status: cluster
      ? statusOf({
          cluster,
          wanted,
          settings,
          endpoint: `${endpointOf(composite)}:${postgresPort}`,
          pending: [],
          storageSize: cluster.spec.storage.size,
        })
      : {},
    connectionDetails: cluster ? detailsOf(request, isSuperuserGiven(cluster)) : undefined,
    conditions: [acceptance(verdict), ...clusterConditions(cluster)],
    events: refusalEvents(composite, verdict),
  };
}

function isWell(cluster: CnpgCluster | undefined): boolean {
  return cluster !== undefined && isReady(cluster);
}

function database({ composite, composed }: EngineRequest, wanted: Parameters): DesiredComposed {
  const seen = composed.database?.resource;
  return { resource: databaseObject(composite, wanted), ready: seen !== undefined && isReady(seen) };
}

/** Within the server's certificate. */
function endpointOf(composite: KubeObject): string {
  return `${composite.metadata.name}-rw.${namespaceOf(composite)}.svc`;
}

function detailsOf(
  { composite, credentials: seen }: EngineRequest,
  superuser: boolean,
): Record<string, string> | undefined {
  const known = { ...seen, endpoint: endpointOf(composite), port: String(postgresPort), database: 'app' };
  return connectionDetails(known, { superuser });
}

/** The operator's own Secrets. Of the authority's only the certificate is read. */
function credentials(composite: KubeObject): Record<string, CredentialSource> {
  const { name } = composite.metadata;
  const namespace = namespaceOf(composite);
  const from = (suffix: string, field: string): CredentialSource => ({ namespace, secret: `${name}-${suffix}`, field });
  const isSuperuserWanted = fieldAt(composite, 'spec.parameters.access.superuser') === true;
  return {
    username: from('app', 'username'),
    password: from('app', 'password'),
    'ca.crt': from('ca', 'ca.crt'),
    ...(isSuperuserWanted
      ? { superuserUsername: from('superuser', 'username'), superuserPassword: from('superuser', 'password') }
      : {}),
  };
}
