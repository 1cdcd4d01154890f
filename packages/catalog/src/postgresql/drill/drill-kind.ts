/** `PostgresDrill` of `local.larder.dev`: one restore drill of one server's backups, held once. Cluster-scoped. */
import type { Condition, KubeObject, Schema } from '@larder/kube';
import { conditionsSchema, customKind } from '../../custom-kind.ts';
import { operationPhases, type OperationPhase } from '../../operation/postgres-backup.ts';
import type { CustomResourceDefinition } from '../../service.ts';
import { LOCAL_API_VERSION } from '../engines/postgres-server.ts';
import { drillReportSchema, type DrillReport } from './report.ts';

export interface PostgresDrill extends KubeObject {
  apiVersion: typeof LOCAL_API_VERSION;
  kind: 'PostgresDrill';
  /** The name of its PostgresServer. */
  spec: { server: string };
  status?: PostgresDrillStatus;
}

export interface PostgresDrillStatus {
  conditions?: Condition[];
  observedGeneration?: number;
  phase?: OperationPhase;
  startedAt?: string;
  completedAt?: string;
  /** What is being done, or why it failed. */
  message?: string;
  report?: DrillReport;
}

const text: Schema = { type: 'string' };

export const drillKind: CustomResourceDefinition = customKind({
  apiVersion: LOCAL_API_VERSION,
  name: 'PostgresDrill',
  schema: {
    required: ['spec'],
    properties: {
      spec: {
        type: 'object',
        required: ['server'],
        properties: { server: { ...text, description: 'The PostgresServer whose newest backup is restored aside.' } },
      },
      status: {
        type: 'object',
        properties: {
          conditions: conditionsSchema,
          observedGeneration: { type: 'integer', format: 'int64' },
          phase: { type: 'string', enum: [...operationPhases], description: 'How far it is.' },
          startedAt: text,
          completedAt: text,
          message: { ...text, description: 'What is being done, or why it failed.' },
          report: drillReportSchema,
        },
      },
    },
  },
  columns: [
    { name: 'Server', type: 'string', jsonPath: '.spec.server' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Backup', type: 'string', jsonPath: '.status.report.backupName' },
    { name: 'RTO', type: 'string', jsonPath: '.status.report.recoveryTime' },
    { name: 'RPO', type: 'string', jsonPath: '.status.report.dataLoss' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
});
