/** `PostgresMonitor` of `local.larder.dev`: what is told of one server on this machine, and to whom. It is named as its server. */
import type { Condition, KubeObject, Schema } from '@larder/kube';
import { conditionsSchema, customKind } from '../../custom-kind.ts';
import type { CustomResourceDefinition } from '../../service.ts';
import { LOCAL_API_VERSION } from '../engines/postgres-server.ts';
import { alertsSchema } from './schema.ts';
import { alertsStatusSchema, serviceLevelSchema, type AlertStatus, type ServiceLevelStatus } from './status-schema.ts';
import type { AlertsWish } from './wish.ts';

export interface PostgresMonitor extends KubeObject {
  apiVersion: typeof LOCAL_API_VERSION;
  kind: 'PostgresMonitor';
  spec: PostgresMonitorSpec;
  status?: PostgresMonitorStatus;
}

export interface PostgresMonitorSpec {
  /** Whose instance it is; absent for one without a claim. Receivers' secrets are in its namespace. */
  claim?: { namespace: string; name: string };
  alerts: AlertsWish;
}

export interface PostgresMonitorStatus {
  conditions?: Condition[];
  observedGeneration?: number;
  alerts?: AlertStatus[];
  serviceLevel?: ServiceLevelStatus;
}

const text: Schema = { type: 'string' };

export const monitorKind: CustomResourceDefinition = customKind({
  apiVersion: LOCAL_API_VERSION,
  name: 'PostgresMonitor',
  schema: {
    required: ['spec'],
    properties: {
      spec: {
        type: 'object',
        required: ['alerts'],
        properties: {
          claim: {
            type: 'object',
            required: ['namespace', 'name'],
            properties: { namespace: text, name: text },
            description: 'Whose instance it is.',
          },
          alerts: alertsSchema,
        },
      },
      status: {
        type: 'object',
        properties: {
          conditions: conditionsSchema,
          observedGeneration: { type: 'integer', format: 'int64' },
          alerts: alertsStatusSchema,
          serviceLevel: serviceLevelSchema,
        },
      },
    },
  },
  columns: [
    { name: 'Quiet', type: 'string', jsonPath: '.status.conditions[?(@.type=="AlertsQuiet")].status' },
    { name: 'Availability', type: 'string', jsonPath: '.status.serviceLevel.availability' },
    { name: 'Budget-left', type: 'string', jsonPath: '.status.serviceLevel.errorBudgetLeft' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
});
