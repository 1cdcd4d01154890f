/**
 * An operation on this machine: one PostgresBackup, PostgresDrill or PostgresChange of the instance's server. Once composed it stays as it
 * is, but that it can be cancelled: nothing is done twice.
 */
import type { KubeObject } from '@larder/kube';
import type { CompositionCondition, CompositionRequest, CompositionResponse, Requirement } from '../composition.ts';
import { LOCAL_API_VERSION } from '../postgresql/engines/postgres-server.ts';
import { fieldAt, textOf } from '../postgresql/fields.ts';
import { readBackup } from '../postgresql/backup/wish.ts';
import type { PostgresDrillStatus } from '../postgresql/drill/drill-kind.ts';
import {
  CHANGE_SERVER_LABEL,
  type PostgresChangeSpec,
  type PostgresChangeStatus,
} from '../postgresql/rollout/change-kind.ts';
import type { PostgresBackupStatus } from './postgres-backup.ts';

/** What an operation becomes; the names are those of the composed objects, for ever. */
const deeds: Record<string, { name: string; kind: string }> = {
  Backup: { name: 'backup', kind: 'PostgresBackup' },
  Drill: { name: 'drill', kind: 'PostgresDrill' },
};

const change = { name: 'change', kind: 'PostgresChange' };

interface Done extends KubeObject {
  spec: { server: string };
  status?: Omit<PostgresBackupStatus & PostgresDrillStatus, 'phase'> & PostgresChangeStatus;
}

export function composeOperation(request: CompositionRequest): CompositionResponse {
  const { composite, composed } = request;
  const done = composed[deedOf(composite).name]?.resource as Done | undefined;
  const requirements = { instance: instanceOf(composite) };
  // What it was done with is gone: it is not done again.
  if (!done && isOver(composite)) return { ...over(composite), requirements };
  if (done) return { ...shown(composite, done, done.spec.server), requirements };
  const [instance] = request.required.instance ?? [];
  const server = textOf(fieldAt(instance, 'spec.resourceRef.name'));
  const condition = refusal(composite, request.required.instance, instance, server);
  if (condition) return { ...nothing(condition), requirements };
  return { ...shown(composite, undefined, server), requirements };
}

/** The schema lets in no other. */
function deedOf(composite: KubeObject): { name: string; kind: string } {
  return deeds[operationOf(composite)] ?? change;
}

function operationOf(composite: KubeObject): string {
  return textOf(fieldAt(composite, 'spec.parameters.operation'));
}

function isOver(composite: KubeObject): boolean {
  return textOf(fieldAt(composite, 'status.completedAt')) !== '';
}

/** As it was left. */
function over(composite: KubeObject): Omit<CompositionResponse, 'requirements'> {
  const { conditions: _, ...status } = (composite.status ?? {}) as Record<string, unknown>;
  return { composed: {}, status, conditions: [], events: [] };
}

/** The claim whose server it is: of the operation's own namespace. */
function instanceOf(composite: KubeObject): Requirement {
  return {
    apiVersion: 'syn.tools/v1',
    kind: 'PostgreSQLInstance',
    namespace: textOf(fieldAt(composite, 'spec.claimRef.namespace')),
    matchName: textOf(fieldAt(composite, 'spec.parameters.instance')),
  };
}

function refusal(
  composite: KubeObject,
  looked: KubeObject[] | undefined,
  instance: KubeObject | undefined,
  server: string,
): CompositionCondition | undefined {
  const name = textOf(fieldAt(composite, 'spec.parameters.instance'));
  const target = 'CompositeAndClaim' as const;
  const about = `spec.parameters.instance: "${name}"`;
  if (looked && !instance) {
    const message = `${about} is no PostgreSQLInstance of this namespace: make it, or an operation that names another`;
    return { type: 'Accepted', status: 'False', reason: 'InstanceNotFound', message, target };
  }
  const conflict = instance && versionConflict(composite, instance);
  if (conflict) return { type: 'Accepted', status: 'False', reason: 'VersionNotWanted', message: conflict, target };
  if (instance && deedOf(composite) !== change && !readBackup(instance).enabled) {
    const message = `${about} has backups switched off: set its backup.enabled to true`;
    return { type: 'Accepted', status: 'False', reason: 'BackupNotPossible', message, target };
  }
  if (server === '') {
    const message = `${about} has no server yet.`;
    return { type: 'Accepted', status: 'Unknown', reason: 'InstanceNotReady', message, target };
  }
  return undefined;
}

/** The claim of the instance is the only source of what is wanted. */
function versionConflict(composite: KubeObject, instance: KubeObject): string | undefined {
  const version = textOf(fieldAt(composite, 'spec.parameters.version'));
  const wanted = textOf(fieldAt(instance, 'spec.parameters.updatePolicy.version'));
  if (version === '' || version === wanted) return undefined;
  return `spec.parameters.version: "${version}" is not the "${wanted}" that ${instance.metadata.name} asks for: set updatePolicy.version first`;
}

function nothing(condition: CompositionCondition): Omit<CompositionResponse, 'requirements'> {
  return { composed: {}, status: { phase: 'Pending' }, conditions: [condition], events: [] };
}

function changeSpec(composite: KubeObject, server: string): PostgresChangeSpec {
  const cancel = fieldAt(composite, 'spec.parameters.cancel') === true;
  const operation = operationOf(composite) as PostgresChangeSpec['operation'];
  return { server, operation, ...(cancel ? { cancel } : {}) };
}

function shown(
  composite: KubeObject,
  seen: Done | undefined,
  server: string,
): Omit<CompositionResponse, 'requirements'> {
  const { name, kind } = deedOf(composite);
  const isChange = kind === change.kind;
  const resource = {
    apiVersion: LOCAL_API_VERSION,
    kind,
    metadata: { name: composite.metadata.name, ...(isChange ? { labels: { [CHANGE_SERVER_LABEL]: server } } : {}) },
    spec: isChange ? changeSpec(composite, server) : { server },
  };
  const { phase = 'Pending', message = '' } = seen?.status ?? {};
  const failed = ['Failed', 'Cancelled', 'Skipped'].includes(phase);
  return {
    composed: { [name]: { resource, ready: phase === 'Succeeded' } },
    status: shownStatus(seen?.status),
    conditions: [
      { type: 'Accepted', status: 'True', reason: 'Accepted', message: '', target: 'Composite' },
      {
        type: 'Completed',
        status: failed ? 'False' : phase === 'Succeeded' ? 'True' : 'Unknown',
        reason: phase,
        message: failed ? message : '',
        target: failed ? 'CompositeAndClaim' : 'Composite',
      },
    ],
    events: [],
  };
}

/** What the owner sees of it; what isn't known yet is left out. */
function shownStatus({ phase = 'Pending', report, backupName, ...seen }: NonNullable<Done['status']> = {}): Record<
  string,
  unknown
> {
  const { startedAt, completedAt, step, steps, done, downtime, message } = seen;
  const drilled = { backupName: backupName ?? report?.backupName, drill: report };
  const shows = { phase, startedAt, completedAt, ...drilled, step, steps, done, downtime, message };
  return Object.fromEntries(Object.entries(shows).filter(([, value]) => value !== undefined));
}
