/**
 * A PostgreSQLInstance as an SGCluster of StackGres, in a namespace of its own. Needs cert-manager and a secret generator on the cluster.
 * A version is changed by an operation alone: StackGres ignores a change of it in the SGCluster without a word.
 */
import { parseQuantity, type KubeObject } from '@larder/kube';
import { decodeBase64 } from '../../cluster/base64.ts';
import {
  appliedAnnotation,
  type ClusterEngine,
  type CredentialSource,
  type EngineRequest,
  type EngineResponse,
  type Lending,
} from '../../cluster/engine.ts';
import { isReady } from '../../cluster/ready.ts';
import type { DesiredComposed } from '../../composition.ts';
import { connectionDetails } from '../connection.ts';
import { fieldAt, textOf } from '../fields.ts';
import { readParameters, type Parameters } from '../parameters.ts';
import { acceptance, refusalEvents, type Verdict } from './acceptance.ts';
import { decide, splitByRestart, type Decision, type Plan, type Running } from './cluster/decide.ts';
import { hold, readApplied, writeApplied, type Applied } from './cluster/hold.ts';
import { composeInPlace, labelsOf, namespaceOf, postgresPort } from './cluster/place.ts';
import { pendingUpgrade } from './pending.ts';
import { clusterObject } from './stackgres/cluster-object.ts';
import { inside, type SgCluster } from './stackgres/kinds.ts';
import {
  certificateObjects,
  configObject,
  ownerObject,
  ownerSqlObject,
  profileObject,
  scriptObject,
} from './stackgres/objects.ts';
import { occasions, operationConditions, operations } from './stackgres/operations.ts';
import { configSettings, refuseForStackGres } from './stackgres/settings.ts';
import { profileTexts } from './stackgres/sizes.ts';
import { clusterConditions, isUp, isWell, statusOf } from './stackgres/status.ts';

export const stackGres: ClusterEngine = {
  names: [
    ...['namespace', 'quota', 'network-policy', 'profile', 'config', 'owner', 'owner-sql', 'script'],
    ...['root-issuer', 'authority', 'issuer', 'certificate', 'cluster'],
  ],
  occasions,
  holdsData: 'cluster',
  usages: [],
  credentials,
  compose,
};

function compose(request: EngineRequest): EngineResponse {
  const { composite, composed, settings } = request;
  const wanted = readParameters(composite);
  const cluster = composed.cluster?.resource as SgCluster | undefined;
  const running = cluster && runningOf(cluster);
  const decision = withOwnRules(request, wanted, decide(wanted, settings, running));
  if (decision.kind !== 'accepted') return unaccepted(request, wanted, decision, cluster);
  const { resources, applied, pending } = build(request, wanted, decision, running);
  const details = detailsOf(request, wanted.superuser);
  const upgradeTo = running && decision.version !== running.version ? decision.version : undefined;
  const mayRestart = wanted.apply === 'Immediate' && isPendingRestart(cluster);
  const once = operations({
    composite,
    wanted,
    composed,
    ...(upgradeTo === undefined ? {} : { upgradeTo }),
    ...(mayRestart ? { restartFor: writeApplied(applied) } : {}),
  });
  const content = { ...asComposed(request, resources, details !== undefined), ...once };
  return {
    // Whether its containers are what `restricted` asks for was never seen: one that isn't would never start.
    composed: composeInPlace({ composite, wanted, settings, composed, podSecurity: 'baseline' }, content),
    status: statusOf(cluster, { wanted, endpoint: `${endpointOf(composite)}:${postgresPort}`, pending }),
    connectionDetails: details,
    conditions: [acceptance({ kind: 'accepted' }), ...clusterConditions(cluster), ...operationConditions(composed)],
    events: [],
    ...(details && isWell(cluster) ? { lends: lending(composite, wanted, details) } : {}),
  };
}

/** The Secret with all of the operator's passwords, the superuser's among them. */
function lending(composite: KubeObject, { superuser }: Parameters, details: Record<string, string>): Lending {
  return {
    labels: labelsOf(composite),
    host: endpointOf(composite),
    port: postgresPort,
    ca: details['ca.crt'] ?? '',
    database: 'app',
    reserved: ['app', 'postgres', 'replicator', 'authenticator', 'pgbouncer', 'pgbouncer_admin', 'pgbouncer_stats'],
    superuserAccess: superuser,
    loginSecretRef: {
      namespace: namespaceOf(composite),
      name: composite.metadata.name,
      usernameKey: 'superuser-username',
      passwordKey: 'superuser-password',
    },
  };
}

function withOwnRules({ settings }: EngineRequest, wanted: Parameters, decision: Decision): Decision {
  if (settings.delivery.kind === 'Object') {
    const message =
      'StackGres instances are not delivered through Objects, where everybody who may read Objects would read their passwords: the platform team offers them with input.delivery.kind Direct.';
    return { kind: 'waiting', reason: 'DeliveryNotPossible', message };
  }
  if (decision.kind !== 'accepted') return decision;
  const refusals = refuseForStackGres(wanted);
  return refusals.length > 0 ? { kind: 'refused', refusals } : decision;
}

interface Runs extends Running {
  /** What the SGCluster says: an exact version, or the wish that the operator resolved. */
  said: string;
  applied: Applied | undefined;
}

/** What the SGCluster was made with. An upgrade under way has written its target there already. */
function runningOf({ metadata, spec, status }: SgCluster): Runs | undefined {
  const said = spec.postgres.version;
  const version = status?.postgresVersion ?? (/\./.test(said) ? said : undefined);
  if (version === undefined) return undefined;
  return {
    version,
    said,
    storageBytes: parseQuantity(spec.pods.persistentVolume.size).bytes(),
    applied: readApplied(metadata.annotations?.[appliedAnnotation]),
  };
}

function build(
  { composite, settings, composed }: EngineRequest,
  wanted: Parameters,
  plan: Plan,
  running: Runs | undefined,
): {
  resources: Record<string, DesiredComposed['resource']>;
  applied: Applied;
  pending: ReturnType<typeof hold>['pending'];
} {
  const { restarting, reloadable } = splitByRestart(configSettings(plan), plan.version);
  const { shared_preload_libraries: libraries = '', ...rest } = restarting;
  const wishes = { settings: rest, libraries: libraries.split(','), resources: profileTexts(wanted) };
  const held = hold(wishes, wanted, running && running.applied);
  const { applied } = held;
  const conf = { ...reloadable, ...applied.settings, shared_preload_libraries: applied.libraries.join(',') };
  const version = running?.said ?? plan.version;
  const password = passwordOf(composed.owner?.resource);
  return {
    applied,
    pending: [...(plan.upgrade ? [pendingUpgrade(plan.upgrade, wanted)] : []), ...held.pending],
    resources: {
      ...certificateObjects(composite, endpointOf(composite)),
      profile: profileObject(composite, applied),
      config: configObject(composite, version, conf),
      owner: ownerObject(composite),
      ...(password === undefined ? {} : { 'owner-sql': ownerSqlObject(composite, password) }),
      script: scriptObject(composite, wanted),
      cluster: clusterObject({ composite, wanted, settings, applied, version }),
    },
  };
}

function asComposed(
  { composed }: EngineRequest,
  resources: Record<string, DesiredComposed['resource']>,
  hasDetails: boolean,
): Record<string, DesiredComposed> {
  return Object.fromEntries(
    Object.entries(resources).map(([name, resource]) => {
      const seen = composed[name]?.resource;
      const ready =
        name === 'cluster' ? isWell(seen as SgCluster | undefined) && hasDetails : seen !== undefined && isReady(seen);
      return [name, { resource, ready }];
    }),
  );
}

function isPendingRestart(cluster: SgCluster | undefined): boolean {
  return isUp(cluster) && clusterConditions(cluster).some(({ reason }) => reason === 'RestartPending');
}

function passwordOf(owner: KubeObject | undefined): string | undefined {
  const password = decodeBase64(textOf(fieldAt(owner, 'data.password')));
  return password === '' ? undefined : password;
}

/** Everything stays as it is, and the claim says why. */
function unaccepted(
  request: EngineRequest,
  wanted: Parameters,
  verdict: Verdict,
  cluster: SgCluster | undefined,
): EngineResponse {
  const endpoint = `${endpointOf(request.composite)}:${postgresPort}`;
  return {
    keep: true,
    composed: {},
    status: cluster ? statusOf(cluster, { wanted, endpoint, pending: [] }) : {},
    connectionDetails: cluster ? detailsOf(request, wanted.superuser) : undefined,
    conditions: [acceptance(verdict), ...clusterConditions(cluster), ...operationConditions(request.composed)],
    events: refusalEvents(request.composite, verdict),
  };
}

/** The primary's Service, and within the server's certificate. */
function endpointOf(composite: KubeObject): string {
  return `${composite.metadata.name}.${namespaceOf(composite)}.svc`;
}

function detailsOf(
  { composite, credentials: seen }: EngineRequest,
  superuser: boolean,
): Record<string, string> | undefined {
  const known = { endpoint: endpointOf(composite), port: String(postgresPort), username: 'app', database: 'app' };
  return connectionDetails({ ...seen, ...known }, { superuser });
}

function credentials(composite: KubeObject): Record<string, CredentialSource> {
  const namespace = namespaceOf(composite);
  const { name } = composite.metadata;
  const superusers = { namespace, secret: name };
  return {
    password: { namespace, secret: inside.owner, field: 'password' },
    'ca.crt': { namespace, secret: inside.certificate, field: 'ca.crt' },
    ...(fieldAt(composite, 'spec.parameters.access.superuser') === true
      ? {
          superuserUsername: { ...superusers, field: 'superuser-username' },
          superuserPassword: { ...superusers, field: 'superuser-password' },
        }
      : {}),
  };
}
