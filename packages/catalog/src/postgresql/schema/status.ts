/** `status` of a PostgreSQLInstance, beside the conditions that every composite has. */
import type { Schema } from '@larder/kube';
import { monitoringStatusSchema } from '../../monitoring/status.ts';
import { alertsStatusSchema, serviceLevelSchema } from '../alerts/status-schema.ts';
import { backupPlanSchema, backupStatusSchema } from '../backup/status-schema.ts';
import { drillStatusSchema } from '../drill/report.ts';
import { maintenanceStatusSchema, upgradeStatusSchema } from '../rollout/status-schema.ts';

export const statusSchema: Schema = {
  type: 'object',
  description: 'What the instance is at present.',
  properties: {
    version: {
      type: 'string',
      maxLength: 16,
      description: 'The PostgreSQL version that runs, asked of the server, such as 17.10.',
    },
    endpoint: { type: 'string', description: 'Where the server listens: host and port.' },
    endOfLife: {
      type: 'string',
      description: 'The last day on which the PostgreSQL community supports this major version, such as 2029-11-08.',
    },
    storage: {
      type: 'object',
      properties: {
        used: { type: 'string', description: 'What the instance occupies, WAL included, as a quantity.' },
        size: { type: 'string', maxLength: 32, description: 'The size that was accepted, as a quantity.' },
      },
    },
    resources: {
      type: 'object',
      properties: {
        enforced: {
          type: 'boolean',
          description:
            'Whether the plane holds the instance to its limits. Where it is false, memory and cpu only size it.',
        },
        message: { type: 'string', description: 'Why limits are not enforced.' },
      },
    },
    pendingChanges: {
      type: 'array',
      description: 'Changes that were accepted and would interrupt connections, so they wait.',
      items: {
        type: 'object',
        required: ['field', 'from', 'to', 'needs', 'why', 'when'],
        properties: {
          field: { type: 'string', description: 'The field of spec.parameters that asks for the change.' },
          from: { type: 'string', description: 'What applies now.' },
          to: { type: 'string', description: 'What will apply.' },
          needs: {
            type: 'string',
            enum: ['Reload', 'Restart', 'NewServer'],
            description: 'What it takes: a reload (no interruption), a restart, or a new server.',
          },
          why: { type: 'string', description: 'Why it can not happen now.' },
          when: { type: 'string', description: 'A time, or what it waits for in words.' },
        },
      },
    },
    backup: backupPlanSchema,
    ...backupStatusSchema,
    drill: drillStatusSchema,
    alerts: alertsStatusSchema,
    serviceLevel: serviceLevelSchema,
    monitoring: monitoringStatusSchema,
    maintenance: maintenanceStatusSchema,
    upgrade: upgradeStatusSchema,
  },
};
