/** `PostgresBackup` of `local.larder.dev`: one base backup of one server, made once. Cluster-scoped. */
import type { Condition, KubeObject, Schema } from '@larder/kube';
import { conditionsSchema, customKind } from '../custom-kind.ts';
import { LOCAL_API_VERSION } from '../postgresql/engines/postgres-server.ts';
import type { CustomResourceDefinition } from '../service.ts';

export const operationPhases = ['Pending', 'Running', 'Succeeded', 'Failed'] as const;
export type OperationPhase = (typeof operationPhases)[number];

export interface PostgresBackup extends KubeObject {
  apiVersion: typeof LOCAL_API_VERSION;
  kind: 'PostgresBackup';
  /** The name of its PostgresServer. */
  spec: { server: string };
  status?: PostgresBackupStatus;
}

export interface PostgresBackupStatus {
  conditions?: Condition[];
  observedGeneration?: number;
  phase?: OperationPhase;
  startedAt?: string;
  completedAt?: string;
  /** What was made. */
  backupName?: string;
  /** What is being done, or why it failed. */
  message?: string;
}

const text: Schema = { type: 'string' };

export const backupKind: CustomResourceDefinition = customKind({
  apiVersion: LOCAL_API_VERSION,
  name: 'PostgresBackup',
  schema: {
    required: ['spec'],
    properties: {
      spec: {
        type: 'object',
        required: ['server'],
        properties: { server: { ...text, description: 'The PostgresServer that is backed up.' } },
      },
      status: {
        type: 'object',
        properties: {
          conditions: conditionsSchema,
          observedGeneration: { type: 'integer', format: 'int64' },
          phase: { type: 'string', enum: [...operationPhases], description: 'How far it is.' },
          startedAt: text,
          completedAt: text,
          backupName: { ...text, description: 'The backup that was made.' },
          message: { ...text, description: 'What is being done, or why it failed.' },
        },
      },
    },
  },
  columns: [
    { name: 'Server', type: 'string', jsonPath: '.spec.server' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Backup', type: 'string', jsonPath: '.status.backupName' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
});
