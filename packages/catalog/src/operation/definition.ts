/** `PostgreSQLOperation` and its composite: one thing done once to an instance. */
import type { ValidationRule } from '@larder/kube';
import { claimDefinition } from '../claim-definition.ts';
import { drillReportSchema } from '../postgresql/drill/report.ts';
import { shaped } from '../postgresql/schema/rules.ts';
import { operationPhases } from './postgres-backup.ts';

function immutable(field: 'instance' | 'operation'): ValidationRule {
  const message = 'is done once and can not change: make another PostgreSQLOperation';
  return { rule: `self.${field} == oldSelf.${field}`, fieldPath: `.${field}`, message };
}

export const operationDefinition = claimDefinition({
  service: 'operation',
  kind: 'PostgreSQLOperation',
  description: 'One thing that is done once to a PostgreSQLInstance.',
  composition: 'postgresql-operation',
  parameters: {
    type: 'object',
    description: 'What is to be done. It can not change.',
    required: ['instance', 'operation'],
    properties: {
      instance: shaped({
        description: 'The PostgreSQLInstance of the same namespace.',
        pattern: '^[a-z]([-a-z0-9]{0,36}[a-z0-9])?$',
        maxLength: 63,
        remedy: 'no name of a PostgreSQLInstance: larder get postgresqlinstances lists them',
      }),
      operation: {
        type: 'string',
        enum: ['Backup', 'Drill'],
        description:
          'Backup makes a base backup now, beside those of the schedule. Drill restores the newest backup aside, checks it, and throws it away.',
      },
    },
    'x-kubernetes-validations': [immutable('instance'), immutable('operation')],
  },
  status: {
    type: 'object',
    description: 'How far it is.',
    properties: {
      phase: { type: 'string', enum: [...operationPhases], description: 'How far it is.' },
      startedAt: { type: 'string', description: 'When it began.' },
      completedAt: { type: 'string', description: 'When it ended.' },
      backupName: { type: 'string', description: 'The backup that was made.' },
      drill: drillReportSchema,
      message: { type: 'string', description: 'What is being done, or why it failed.' },
    },
  },
  columns: [
    {
      name: 'Instance',
      type: 'string',
      jsonPath: '.spec.parameters.instance',
      description: 'What it is done to.',
    },
    {
      name: 'Operation',
      type: 'string',
      jsonPath: '.spec.parameters.operation',
      description: 'What is done.',
    },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase', description: 'How far it is.' },
  ],
});
