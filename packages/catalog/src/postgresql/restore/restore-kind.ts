/** `PostgresRestore` of `local.larder.dev`: which backup a new server begins with. It is named as that server; decided once. */
import type { KubeObject, Schema } from '@larder/kube';
import { customKind } from '../../custom-kind.ts';
import type { CustomResourceDefinition } from '../../service.ts';
import { LOCAL_API_VERSION, type ServerRestore } from '../engines/postgres-server.ts';

export interface PostgresRestore extends KubeObject {
  apiVersion: typeof LOCAL_API_VERSION;
  kind: 'PostgresRestore';
  spec: PostgresRestoreSpec;
  status?: PostgresRestoreStatus;
}

export interface PostgresRestoreSpec {
  /** Only backups of this namespace, by its uid, are looked at. */
  namespace: string;
  claimName?: string;
  compositeName?: string;
  backupName?: string;
  pointInTime?: string;
}

export interface PostgresRestoreStatus {
  /** What was decided: it stands for ever. */
  chosen?: ServerRestore & { major: number };
  /** Why nothing can be chosen. */
  refused?: { field: string; value: string; because: string };
  /** What it waits for. */
  message?: string;
}

const text: Schema = { type: 'string' };

export const restoreKind: CustomResourceDefinition = customKind({
  apiVersion: LOCAL_API_VERSION,
  name: 'PostgresRestore',
  schema: {
    required: ['spec'],
    properties: {
      spec: {
        type: 'object',
        required: ['namespace'],
        properties: {
          namespace: { ...text, description: 'Whose backups may be had.' },
          claimName: text,
          compositeName: text,
          backupName: text,
          pointInTime: text,
        },
      },
      status: {
        type: 'object',
        properties: {
          chosen: {
            type: 'object',
            description: 'What was decided; it stands for ever.',
            properties: {
              storeSecretRef: { type: 'object', properties: { namespace: text, name: text } },
              serverName: text,
              backupId: text,
              targetTime: text,
              major: { type: 'integer', format: 'int32' },
            },
          },
          refused: {
            type: 'object',
            description: 'Why nothing can be chosen.',
            properties: { field: text, value: text, because: text },
          },
          message: { ...text, description: 'What it waits for.' },
        },
      },
    },
  },
  columns: [
    { name: 'Claim', type: 'string', jsonPath: '.spec.claimName' },
    { name: 'Backup', type: 'string', jsonPath: '.status.chosen.backupId' },
    { name: 'Time', type: 'string', jsonPath: '.status.chosen.targetTime' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
});
