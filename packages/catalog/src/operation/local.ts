/** An operation on this machine: one PostgresBackup of the instance's server. Once composed it stays as it is: nothing is done twice. */
import type { KubeObject } from '@larder/kube';
import type { CompositionCondition, CompositionRequest, CompositionResponse, Requirement } from '../composition.ts';
import { LOCAL_API_VERSION } from '../postgresql/engines/postgres-server.ts';
import { fieldAt, textOf } from '../postgresql/fields.ts';
import { readBackup } from '../postgresql/backup/wish.ts';
import type { PostgresBackup } from './postgres-backup.ts';

export function composeOperation(request: CompositionRequest): CompositionResponse {
  const { composite, composed } = request;
  const backup = composed.backup?.resource as PostgresBackup | undefined;
  const requirements = { instance: instanceOf(composite) };
  if (backup) return { ...shown(composite, backup, backup.spec.server), requirements };
  const [instance] = request.required.instance ?? [];
  const server = textOf(fieldAt(instance, 'spec.resourceRef.name'));
  const condition = refusal(composite, request.required.instance, instance, server);
  if (condition) return { ...nothing(condition), requirements };
  return { ...shown(composite, undefined, server), requirements };
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
  backup: PostgresBackup | undefined,
  server: string,
): Omit<CompositionResponse, 'requirements'> {
  const { phase = 'Pending', startedAt, completedAt, backupName, message } = backup?.status ?? {};
  const resource = {
    apiVersion: LOCAL_API_VERSION,
    kind: 'PostgresBackup',
    metadata: { name: composite.metadata.name },
    spec: { server },
  };
  const failed = phase === 'Failed';
  return {
    composed: { backup: { resource, ready: phase === 'Succeeded' } },
    status: Object.fromEntries(
      Object.entries({ phase, startedAt, completedAt, backupName, message }).filter(([, value]) => value !== undefined),
    ),
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
