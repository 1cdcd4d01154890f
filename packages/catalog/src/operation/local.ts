/**
 * An operation on this machine: one PostgresBackup or PostgresDrill of the instance's server. Once composed it stays as it is: nothing is
 * done twice.
 */
import type { KubeObject } from '@larder/kube';
import type { CompositionCondition, CompositionRequest, CompositionResponse, Requirement } from '../composition.ts';
import { LOCAL_API_VERSION } from '../postgresql/engines/postgres-server.ts';
import { fieldAt, textOf } from '../postgresql/fields.ts';
import { readBackup } from '../postgresql/backup/wish.ts';
import type { PostgresDrill, PostgresDrillStatus } from '../postgresql/drill/drill-kind.ts';
import type { PostgresBackup, PostgresBackupStatus } from './postgres-backup.ts';

/** What an operation becomes; the names are those of the composed objects, for ever. */
const deeds: Record<string, { name: string; kind: string }> = {
  Backup: { name: 'backup', kind: 'PostgresBackup' },
  Drill: { name: 'drill', kind: 'PostgresDrill' },
};

type Done = (PostgresBackup | PostgresDrill) & { status?: PostgresBackupStatus & PostgresDrillStatus };

export function composeOperation(request: CompositionRequest): CompositionResponse {
  const { composite, composed } = request;
  const done = composed[deedOf(composite).name]?.resource as Done | undefined;
  const requirements = { instance: instanceOf(composite) };
  if (done) return { ...shown(composite, done, done.spec.server), requirements };
  const [instance] = request.required.instance ?? [];
  const server = textOf(fieldAt(instance, 'spec.resourceRef.name'));
  const condition = refusal(composite, request.required.instance, instance, server);
  if (condition) return { ...nothing(condition), requirements };
  return { ...shown(composite, undefined, server), requirements };
}

/** The schema lets in no other. */
function deedOf(composite: KubeObject): { name: string; kind: string } {
  return deeds[textOf(fieldAt(composite, 'spec.parameters.operation'))] ?? deeds.Backup!;
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
  if (instance && !readBackup(instance).enabled) {
    const message = `${about} has backups switched off: set its backup.enabled to true`;
    return { type: 'Accepted', status: 'False', reason: 'BackupNotPossible', message, target };
  }
  if (server === '') {
    const message = `${about} has no server yet.`;
    return { type: 'Accepted', status: 'Unknown', reason: 'InstanceNotReady', message, target };
  }
  return undefined;
}

function nothing(condition: CompositionCondition): Omit<CompositionResponse, 'requirements'> {
  return { composed: {}, status: { phase: 'Pending' }, conditions: [condition], events: [] };
}

function shown(
  composite: KubeObject,
  seen: Done | undefined,
  server: string,
): Omit<CompositionResponse, 'requirements'> {
  const { name, kind } = deedOf(composite);
  const { phase = 'Pending', startedAt, completedAt, backupName, report, message } = seen?.status ?? {};
  const resource = {
    apiVersion: LOCAL_API_VERSION,
    kind,
    metadata: { name: composite.metadata.name },
    spec: { server },
  };
  const failed = phase === 'Failed';
  const shows = { phase, startedAt, completedAt, backupName: backupName ?? report?.backupName, drill: report, message };
  return {
    composed: { [name]: { resource, ready: phase === 'Succeeded' } },
    status: Object.fromEntries(Object.entries(shows).filter(([, value]) => value !== undefined)),
    conditions: [
      { type: 'Accepted', status: 'True', reason: 'Accepted', message: '', target: 'Composite' },
      {
        type: 'Completed',
        status: failed ? 'False' : phase === 'Succeeded' ? 'True' : 'Unknown',
        reason: phase,
        message: failed ? (message ?? '') : '',
        target: failed ? 'CompositeAndClaim' : 'Composite',
      },
    ],
    events: [],
  };
}
