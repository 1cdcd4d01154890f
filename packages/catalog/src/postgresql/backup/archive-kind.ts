/** `PostgresArchive` of `local.larder.dev`: the backups of one server on this machine. It is named as its server. */
import type { Condition, KubeObject, Schema } from '@larder/kube';
import { conditionsSchema, customKind } from '../../custom-kind.ts';
import type { CustomResourceDefinition } from '../../service.ts';
import { drillStatusSchema, type DrillStatus } from '../drill/report.ts';
import { LOCAL_API_VERSION } from '../engines/postgres-server.ts';
import { backupStatusSchema } from './status-schema.ts';

export interface PostgresArchive extends KubeObject {
  apiVersion: typeof LOCAL_API_VERSION;
  kind: 'PostgresArchive';
  spec: PostgresArchiveSpec;
  status?: PostgresArchiveStatus;
}

export interface PostgresArchiveSpec {
  /** Cron, in UTC. */
  schedule: string;
  /** One of the two. */
  retentionSeconds?: number;
  keepLast?: number;
  keepAfterDeletionSeconds: number;
  /** The S3 server, by its name on the plane. @default the plane's choice */
  store?: string;
  /** Who gets the read-only key; absent for an instance without a claim. */
  claim?: { namespace: string; name: string };
  /** Restore drills; absent: on demand only. */
  drill?: { schedule: string; query?: string };
}

/** What the claim shows too, under the same names. */
export interface BackupStatus {
  backups?: Backup[];
  recoverable?: { from: string; to: string };
  backupStore?: { endpoint: string; destinationPath: string; serverName: string; secretName?: string };
}

export interface Backup {
  /** The id, as barman has it. */
  name: string;
  /** When its data was complete: the first moment that it can give back. */
  time: string;
  /** As a quantity, in the bucket. */
  size: string;
  firstWal: string;
  lastWal: string;
}

export interface PostgresArchiveStatus extends BackupStatus {
  conditions?: Condition[];
  observedGeneration?: number;
  /** What is being done now, in words. */
  progress?: string;
  /** When the next scheduled backup is due. */
  nextBackup?: string;
  archive?: { lastWal?: string; lastTime?: string; waiting?: number };
  drill?: DrillStatus;
}

const text: Schema = { type: 'string' };
const seconds: Schema = { type: 'integer', format: 'int64', minimum: 0 };

const spec: Schema = {
  type: 'object',
  required: ['schedule', 'keepAfterDeletionSeconds'],
  properties: {
    schedule: { ...text, description: 'When base backups are made: cron, in UTC.' },
    retentionSeconds: { ...seconds, description: 'How far back any moment can be had.' },
    keepLast: { type: 'integer', format: 'int32', minimum: 1, description: 'How many base backups are kept instead.' },
    keepAfterDeletionSeconds: { ...seconds, description: 'For how long the backups outlive this object.' },
    store: { ...text, description: 'The S3 server, by its name on the plane. Default: the plane’s choice.' },
    claim: {
      type: 'object',
      required: ['namespace', 'name'],
      properties: { namespace: text, name: text },
      description: 'Whose backups these are: a read-only key is written into its namespace.',
    },
    drill: {
      type: 'object',
      required: ['schedule'],
      properties: {
        schedule: { ...text, description: 'When restore drills are held: cron, in UTC.' },
        query: { ...text, description: 'What the owner asks of the restored database: it must give true.' },
      },
    },
  },
};

export const archiveKind: CustomResourceDefinition = customKind({
  apiVersion: LOCAL_API_VERSION,
  name: 'PostgresArchive',
  schema: {
    required: ['spec'],
    properties: {
      spec,
      status: {
        type: 'object',
        properties: {
          conditions: conditionsSchema,
          observedGeneration: { type: 'integer', format: 'int64' },
          ...backupStatusSchema,
          progress: { ...text, description: 'What is being done now.' },
          nextBackup: { ...text, description: 'When the next scheduled backup is due.' },
          archive: {
            type: 'object',
            properties: {
              lastWal: { ...text, description: 'The newest WAL file in the bucket.' },
              lastTime: { ...text, description: 'When it came there.' },
              waiting: { type: 'integer', format: 'int64', description: 'How many WAL files wait.' },
            },
          },
          drill: drillStatusSchema,
        },
      },
    },
  },
  columns: [
    { name: 'Backups', type: 'string', jsonPath: '.status.conditions[?(@.type=="BackupHealthy")].status' },
    { name: 'Archive', type: 'string', jsonPath: '.status.conditions[?(@.type=="ArchiveHealthy")].status' },
    { name: 'From', type: 'string', jsonPath: '.status.recoverable.from' },
    { name: 'To', type: 'string', jsonPath: '.status.recoverable.to' },
    { name: 'Next', type: 'string', jsonPath: '.status.nextBackup' },
    { name: 'Drill', type: 'string', jsonPath: '.status.drill.last.result' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
});
