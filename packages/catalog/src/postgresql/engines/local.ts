/**
 * A PostgreSQLInstance on this machine: one PostgresServer, which the local plane reconciles. What can't be met here is the condition
 * `Accepted=False`, and what was accepted before stays as it is.
 */
import type { KubeObject } from '@larder/kube';
import type {
  CompositionCondition,
  CompositionRequest,
  CompositionResponse,
  DesiredComposed,
  Requirement,
} from '../../composition.ts';
import type { PostgresArchive } from '../backup/archive-kind.ts';
import { composeMonitor, hasMetricsSecret, monitorConditions, monitorEvents, monitorStatus } from '../alerts/local.ts';
import type { PostgresMonitor } from '../alerts/monitor-kind.ts';
import { monitoringStatus } from '../../monitoring/status.ts';
import { archiveAs, backupConditions, backupStatus, composeArchive } from '../backup/local.ts';
import { connectionDetails } from '../connection.ts';
import { refuseExtensions } from '../extensions.ts';
import { readParameters, type Parameters } from '../parameters.ts';
import type { Refused } from '../refused.ts';
import { composeRestore, judgeRestore } from '../restore/local.ts';
import type { PostgresRestore } from '../restore/restore-kind.ts';
import { pendingEvents } from '../rollout/events.ts';
import { refuseTimeZone } from '../rollout/time-zone.ts';
import { checkSettings } from '../settings/check.ts';
import { sizedSettings } from '../sizing.ts';
import { chooseVersion, type VersionChoice } from '../versions/choose.ts';
import { majorOf } from '../versions/versions.ts';
import { acceptance, ownersOwn, refusalEvents } from './acceptance.ts';
import { capacityOf, readMachine, refuseUnfit, type Machine } from './local-machine.ts';
import { isReady, serverConditions, statusOf, wentUnaccepted } from './local-status.ts';
import {
  LOCAL_API_VERSION,
  type PendingChange,
  type PostgresServer,
  type PostgresServerSpec,
  type PostgresVersion,
} from './postgres-server.ts';
import { serverSettings } from './server-settings.ts';

const requirements: Record<string, Requirement> = {
  versions: { apiVersion: LOCAL_API_VERSION, kind: 'PostgresVersion', matchLabels: { 'larder.dev/on-offer': 'true' } },
  machine: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'larder-system', matchName: 'larder-machine' },
};

/** What is to be: the spec of the server, or why the wish can't be met. */
type Decision =
  | { kind: 'accepted'; spec: PostgresServerSpec }
  | { kind: 'refused'; refusals: Refused[] }
  | { kind: 'waiting'; reason: string; message: string };

export function composeLocal(request: CompositionRequest): CompositionResponse {
  const { composite, composed } = request;
  const server = composed.server?.resource as PostgresServer | undefined;
  if (!request.required.versions || !request.required.machine) return answer({ composed: keep(request, server) });
  const parameters = readParameters(composite);
  const decision = decide(request, parameters, server);
  const spec = decision.kind === 'accepted' ? decision.spec : server?.spec;
  if (!spec)
    return answer({
      composed: composeRestore(composite, restoreOf(request)),
      conditions: [acceptance(decision)],
      events: refusalEvents(composite, decision),
    });
  return withServer(request, { decision, parameters, spec });
}

/** The answer where there is a server, or is to be one. */
function withServer(
  request: CompositionRequest,
  { decision, parameters, spec }: { decision: Decision; parameters: Parameters; spec: PostgresServerSpec },
): CompositionResponse {
  const { composite, composed } = request;
  const server = composed.server?.resource as PostgresServer | undefined;
  const archive = composed.archive?.resource as PostgresArchive | undefined;
  const monitor = composed.monitor?.resource as PostgresMonitor | undefined;
  const details = composed.server?.connectionDetails ?? {};
  const status = statusOf({ parameters, spec, server });
  return answer({
    // The archive first: what is composed first is deleted last, and the archive keeps what the server leaves.
    composed: {
      ...archiveObject(request, decision),
      ...composeRestore(composite, restoreOf(request)),
      ...composeMonitor(composite),
      server: { resource: serverObject(composite, spec), ready: isReady(server) },
    },
    status: {
      ...status,
      ...backupStatus(composite, archive),
      ...monitorStatus(monitor),
      ...monitoringStatus(composite, server?.status?.version !== undefined && hasMetricsSecret(monitor)),
    },
    connectionDetails: connectionDetails(details, { superuser: spec.superuserAccess }),
    conditions: [
      serverRefusal(decision, server) ?? acceptance(decision),
      ...serverConditions(server),
      ...backupConditions(composite, archive),
      ...monitorConditions(monitor),
    ],
    events: [
      ...refusalEvents(composite, decision),
      ...monitorEvents(composite, monitor),
      ...pendingEvents(composite, (status.pendingChanges ?? []) as PendingChange[], server),
    ],
  });
}

function answer(parts: Partial<CompositionResponse>): CompositionResponse {
  return { composed: {}, status: {}, conditions: [], events: [], requirements, ...parts };
}

function decide(
  { composite, composed, required }: CompositionRequest,
  wanted: Parameters,
  server?: PostgresServer,
): Decision {
  const onOffer = (required.versions as PostgresVersion[]).map(({ spec }) => spec.version);
  const running = hasData(server) ? (server.status?.version ?? server.spec.version) : undefined;
  if (onOffer.length === 0 && running === undefined) {
    return {
      kind: 'waiting',
      reason: 'VersionsNotListed',
      message: 'The plane has not listed its PostgreSQL versions yet.',
    };
  }
  const machine = readMachine(required.machine?.[0]);
  const choice = chooseVersion({
    wish: wanted.version,
    onOffer,
    majors: true,
    ...(running === undefined ? {} : { running }),
  });
  const unfit = [...refuseUnfit(wanted, machine), ...refuseTimeZone(wanted.timeZone)];
  const shrunk = refuseShrinking(wanted, server);
  if (choice.kind === 'refused') return { kind: 'refused', refusals: [choice.refused, ...shrunk, ...unfit] };
  return withRestore(
    withSettings({ composite, wanted, machine, choice, refusals: [...shrunk, ...unfit] }),
    composite,
    composed,
    server,
  );
}

/** A server that is there has begun with what it began with. */
function withRestore(
  decision: Decision,
  composite: KubeObject,
  composed: CompositionRequest['composed'],
  server: PostgresServer | undefined,
): Decision {
  if (decision.kind !== 'accepted') return decision;
  if (server)
    return {
      ...decision,
      spec: { ...decision.spec, ...(server.spec.restore ? { restore: server.spec.restore } : {}) },
    };
  const verdict = judgeRestore(composite, restoreOf({ composed }), majorOf(decision.spec.version));
  if (verdict.kind === 'none') return decision;
  if (verdict.kind === 'chosen') return { ...decision, spec: { ...decision.spec, restore: verdict.restore } };
  return verdict;
}

function restoreOf({ composed }: Pick<CompositionRequest, 'composed'>): PostgresRestore | undefined {
  return composed.restore?.resource as PostgresRestore | undefined;
}

interface SettingsInput {
  composite: KubeObject;
  wanted: Parameters;
  machine: Machine;
  choice: Exclude<VersionChoice, { kind: 'refused' }>;
  refusals: Refused[];
}

/** The last step of deciding: settings and extensions depend on the version. */
function withSettings(so: SettingsInput): Decision {
  const { wanted, choice } = so;
  // A newer minor version waits at the server, which knows what runs: see planRollout.
  const version = choice.kind === 'use' ? choice.version : choice.to;
  if (choice.kind === 'major') return withMajor(so, choice);
  const capacity = capacityOf(wanted, so.machine);
  const checked = checkSettings(wanted.settings, majorOf(version), capacity);
  const refusals = [...so.refusals, ...checked.refusals, ...refuseExtensions(wanted.extensions, majorOf(version))];
  if (refusals.length > 0) return { kind: 'refused', refusals };
  const sized = sizedSettings(capacity, checked.amounts.max_connections);
  const spec = serverSpec(so.composite, wanted, version, serverSettings(sized, checked.settings));
  return { kind: 'accepted', spec };
}

/** The server goes on as it is, with what of the settings its own major knows, until the new one takes its place. */
function withMajor(so: SettingsInput, { from, to }: { from: string; to: string }): Decision {
  const next = withSettings({ ...so, choice: { kind: 'use', version: to } });
  if (next.kind !== 'accepted') return next;
  const { wanted, machine } = so;
  const capacity = capacityOf(wanted, machine);
  const own = checkSettings(wanted.settings, majorOf(from), capacity);
  const sized = sizedSettings(capacity, own.amounts.max_connections);
  const nextMajor = { version: to, settings: next.spec.settings };
  return {
    kind: 'accepted',
    spec: { ...next.spec, version: from, settings: serverSettings(sized, own.settings), nextMajor },
  };
}

/** Whether there is a data directory, so that its version counts. Before that, another version may still be chosen. */
function hasData(server: PostgresServer | undefined): server is PostgresServer {
  return server?.status?.systemIdentifier !== undefined || server?.status?.version !== undefined;
}

/** The API refuses this at the write; here for who came around it. */
function refuseShrinking(wanted: Parameters, server: PostgresServer | undefined): Refused[] {
  if (!server || wanted.storageBytes >= server.spec.storageBytes) return [];
  const because = `is less than the ${server.spec.storageBytes} bytes that the instance has, and storage can not shrink: choose as much or more`;
  return [{ reason: 'StorageShrinks', field: 'resources.storageSize', value: `${wanted.storageBytes}`, because }];
}

function serverSpec(
  composite: KubeObject,
  wanted: Parameters,
  version: string,
  settings: Record<string, string>,
): PostgresServerSpec {
  return {
    version,
    storageBytes: wanted.storageBytes,
    ...wanted.limits,
    ...(Object.keys(wanted.requests).length > 0 ? { requests: wanted.requests } : {}),
    settings,
    extensions: wanted.extensions,
    database: 'app',
    owner: 'app',
    superuserAccess: wanted.superuser,
    allowedCIDRs: wanted.allowedCIDRs.length > 0 ? wanted.allowedCIDRs : ['127.0.0.0/8', '::1/128'],
    apply: wanted.apply,
    updates: { schedule: wanted.securityUpdates, window: wanted.window, timeZone: wanted.timeZone },
    writeConnectionSecretToRef: { namespace: 'larder-system', name: `${composite.metadata.name}-credentials` },
  };
}

function keep(request: CompositionRequest, server: PostgresServer | undefined): Record<string, DesiredComposed> {
  if (!server) return {};
  const { composite } = request;
  return {
    ...keptArchive(request),
    ...composeRestore(composite, restoreOf(request)),
    ...composeMonitor(composite),
    server: { resource: serverObject(composite, server.spec), ready: isReady(server) },
  };
}

/** What was refused leaves the backups as they are. */
function archiveObject(request: CompositionRequest, decision: Decision): Record<string, DesiredComposed> {
  return decision.kind === 'accepted' ? composeArchive(request.composite) : keptArchive(request);
}

function keptArchive({ composite, composed }: CompositionRequest): Record<string, DesiredComposed> {
  const archive = composed.archive?.resource as PostgresArchive | undefined;
  return archive ? { archive: archiveAs(composite, archive.spec) } : {};
}

function serverObject(composite: KubeObject, spec: PostgresServerSpec): DesiredComposed['resource'] {
  const { name, labels, annotations } = composite.metadata;
  const metadata = { name, labels: ownersOwn(labels), annotations: ownersOwn(annotations) };
  return { apiVersion: LOCAL_API_VERSION, kind: 'PostgresServer', metadata, spec };
}

/** What the server found out that the catalog could not know: it goes on as it was before. */
function serverRefusal(decision: Decision, server: PostgresServer | undefined): CompositionCondition | undefined {
  return decision.kind === 'accepted' ? wentUnaccepted(server) : undefined;
}
