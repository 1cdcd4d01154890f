/** `PostgreSQLOperation` and its composite: one thing done once to an instance. */
import type { ValidationRule } from '@larder/kube';
import { claimDefinition } from '../claim-definition.ts';
import { drillReportSchema } from '../postgresql/drill/report.ts';
import { changeOperations, changePhases, changeStepsSchema } from '../postgresql/rollout/change-kind.ts';
import { shaped } from '../postgresql/schema/rules.ts';

function immutable(field: 'instance' | 'operation' | 'version'): ValidationRule {
  const message = 'is done once and can not change: make another PostgreSQLOperation';
  const same = `self.${field} == oldSelf.${field}`;
  const rule =
    field === 'version' ? `has(self.version) == has(oldSelf.version) && (!has(self.version) || ${same})` : same;
  return { rule, fieldPath: `.${field}`, message };
}

export const operationDefinition = claimDefinition({
  service: 'operation',
  kind: 'PostgreSQLOperation',
  description: 'One thing that is done once to a PostgreSQLInstance.',
  composition: 'postgresql-operation',
  parameters: {
    type: 'object',
    description: 'What is to be done. It can not change, but be cancelled.',
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
        enum: ['Backup', 'Drill', ...changeOperations],
        description:
          'Backup makes a base backup now, beside those of the schedule. Drill restores the newest backup aside, checks it, and throws it away. Restart restarts the server as it is. ApplyPending makes all changes of status.pendingChanges that take a restart. SecurityUpgrade and MinorVersionUpgrade make the one of the version. MajorVersionUpgrade fills a server of the new major version beside the one that serves, and lets it take its place. Rollback goes back to the server before that upgrade, with all that was written since. Vacuum vacuums and analyses all databases.',
      },
      version: shaped({
        description:
          'For upgrades: the updatePolicy.version of the instance, to be sure. What is wanted is said there alone.',
        pattern: '^[1-9][0-9]{0,2}([.](0|[1-9][0-9]{0,2}))?$',
        maxLength: 16,
        remedy: 'no PostgreSQL version: write a major version such as 17, or an exact one such as 17.9, in quotes',
      }),
      cancel: {
        type: 'boolean',
        default: false,
        description: 'Set it to true to end the operation, which is done as long as that is safe.',
      },
    },
    'x-kubernetes-validations': [immutable('instance'), immutable('operation'), immutable('version')],
  },
  status: {
    type: 'object',
    description: 'How far it is.',
    properties: {
      phase: { type: 'string', enum: [...changePhases], description: 'How far it is.' },
      step: { type: 'string', description: 'The step that it is at.' },
      steps: changeStepsSchema,
      done: { type: 'array', items: { type: 'string' }, description: 'What was done.' },
      downtime: { type: 'string', description: 'How long nobody could connect, such as 0.23s.' },
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
