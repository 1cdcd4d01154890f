/** `PostgresChange` of `local.larder.dev`: one thing done once to one server, step by step. Cluster-scoped. */
import type { Condition, KubeObject, Schema } from '@larder/kube';
import { conditionsSchema, customKind } from '../../custom-kind.ts';
import type { CustomResourceDefinition } from '../../service.ts';
import { LOCAL_API_VERSION } from '../engines/postgres-server.ts';

/** What an owner may ask for, by a PostgreSQLOperation. */
export const changeOperations = [
  'Restart',
  'ApplyPending',
  'SecurityUpgrade',
  'MinorVersionUpgrade',
  'MajorVersionUpgrade',
  'Rollback',
  'Vacuum',
] as const;

/** `Maintenance` is what the plane does in a window. */
export type ChangeOperation = (typeof changeOperations)[number] | 'Maintenance';

export const changePhases = ['Pending', 'Running', 'Succeeded', 'Failed', 'Cancelled', 'Skipped'] as const;
export type ChangePhase = (typeof changePhases)[number];

/** Every change carries the name of its server under this label. */
export const CHANGE_SERVER_LABEL = 'larder.dev/server';

export interface PostgresChange extends KubeObject {
  apiVersion: typeof LOCAL_API_VERSION;
  kind: 'PostgresChange';
  spec: PostgresChangeSpec;
  status?: PostgresChangeStatus;
}

export interface PostgresChangeSpec {
  server: string;
  operation: ChangeOperation;
  /** The end of the window that it must not outlast; RFC 3339. */
  until?: string;
  /** Its owner wants it no more. It is honoured as long as that is safe. */
  cancel?: boolean;
}

/** What the server's reconciler may do while the change runs. */
export interface Grant {
  /** Restart once, with nothing new. */
  restart?: boolean;
  /** Bring in settings that need a restart. */
  settings?: boolean;
  /** Restart on the binaries of exactly this version. */
  version?: string;
  /** Touch neither process nor files nor record: the change does all by itself. */
  handsOff?: boolean;
}

export interface ChangeStep {
  name: string;
  startedAt: string;
  completedAt?: string;
}

export interface PostgresChangeStatus {
  conditions?: Condition[];
  observedGeneration?: number;
  phase?: ChangePhase;
  /** The step that it is at. */
  step?: string;
  steps?: ChangeStep[];
  /** What the steps remember; no secrets. */
  memo?: Record<string, unknown>;
  grant?: Grant;
  startedAt?: string;
  completedAt?: string;
  /** What was done, in words. */
  done?: string[];
  downtime?: string;
  /** What is being done, or why it failed. */
  message?: string;
}

const text: Schema = { type: 'string' };
const flag: Schema = { type: 'boolean' };

export const changeStepsSchema: Schema = {
  type: 'array',
  description: 'The steps that were begun, with their times.',
  items: { type: 'object', properties: { name: text, startedAt: text, completedAt: text } },
};

const statusSchema: Schema = {
  type: 'object',
  properties: {
    conditions: conditionsSchema,
    observedGeneration: { type: 'integer', format: 'int64' },
    phase: { ...text, enum: [...changePhases], description: 'How far it is.' },
    step: { ...text, description: 'The step that it is at.' },
    steps: changeStepsSchema,
    memo: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, description: 'What the steps remember.' },
    grant: {
      type: 'object',
      description: 'What the server may do meanwhile.',
      properties: { restart: flag, settings: flag, version: text, handsOff: flag },
    },
    startedAt: text,
    completedAt: text,
    done: { type: 'array', items: text, description: 'What was done.' },
    downtime: { ...text, description: 'How long nobody could connect, such as 0.23s.' },
    message: { ...text, description: 'What is being done, or why it failed.' },
  },
};

export const changeKind: CustomResourceDefinition = customKind({
  apiVersion: LOCAL_API_VERSION,
  name: 'PostgresChange',
  schema: {
    required: ['spec'],
    properties: {
      spec: {
        type: 'object',
        required: ['server', 'operation'],
        properties: {
          server: { ...text, description: 'The PostgresServer that it is done to.' },
          operation: { ...text, description: 'What is done.' },
          until: { ...text, description: 'The end of the window that it must not outlast.' },
          cancel: { ...flag, description: 'Ends it, as long as that is safe.' },
        },
      },
      status: statusSchema,
    },
  },
  columns: [
    { name: 'Server', type: 'string', jsonPath: '.spec.server' },
    { name: 'Operation', type: 'string', jsonPath: '.spec.operation' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Step', type: 'string', jsonPath: '.status.step' },
    { name: 'Downtime', type: 'string', jsonPath: '.status.downtime' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
});
