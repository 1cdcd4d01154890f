/** `spec.parameters.backup` of a PostgreSQLInstance. What has no default here depends on the claim, and is shown in its status. */
import type { Schema } from '@larder/kube';
import { storeSchema, storeStays } from '../../bucket/store.ts';
import { drillSchema } from '../drill/schema.ts';
import { cron, shaped } from '../schema/rules.ts';

export const backupSchema: Schema = {
  type: 'object',
  description: 'Which backups are made, and for how long they are kept. Backups are made by default.',
  properties: {
    enabled: {
      type: 'boolean',
      default: true,
      description:
        'Whether backups are made. When it becomes false, those that are there are kept as after the deletion of the claim.',
    },
    schedule: cron(
      'When a base backup is made: a cron schedule in UTC. Default: daily, at a minute that differs from instance to instance.',
    ),
    retention: duration(
      'How far back any moment can be had: a duration such as 7d or 168h. Default: 7d, unless keepLast is set.',
      '[1-9][0-9]{0,4}',
    ),
    keepLast: {
      type: 'integer',
      format: 'int32',
      minimum: 1,
      maximum: 1000,
      description: 'How many base backups are kept, instead of a duration.',
    },
    keepAfterDeletion: {
      ...duration(
        'For how long the backups outlive the claim: a duration such as 7d or 168h; 0h deletes them with it.',
        '(0|[1-9][0-9]{0,4})',
      ),
      default: '168h',
    },
    store: storeSchema('the backups lie'),
    drill: drillSchema,
  },
  'x-kubernetes-validations': [
    storeStays,
    {
      rule: '!has(self.drill) || self.enabled',
      fieldPath: '.drill',
      message: 'can not be had while no backups are made: set enabled to true, or remove drill',
    },
    {
      rule: '!has(self.retention) || !has(self.keepLast)',
      fieldPath: '.keepLast',
      // Without keepLast's own value: a real API server takes a number as text for endlessly long, and refuses the whole definition.
      messageExpression: `'can not be beside retention "' + self.retention + '": keep by time or by number, and remove the other field'`,
      message: 'can not be beside retention: keep by time or by number, and remove the other field',
    },
  ],
};

function duration(description: string, amount: string): Schema {
  return shaped({
    description,
    pattern: `^${amount}[hdw]$`,
    maxLength: 8,
    remedy: 'no duration: write a number of hours, days or weeks, such as 168h, 7d or 1w',
  });
}
