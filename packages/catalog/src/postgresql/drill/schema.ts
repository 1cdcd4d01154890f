/** `spec.parameters.backup.drill` of a PostgreSQLInstance. */
import type { Schema } from '@larder/kube';
import { cron, shaped } from '../schema/rules.ts';

export const drillSchema: Schema = {
  type: 'object',
  description:
    'Restore drills: the newest backup is restored aside, checked, and thrown away; status.drill shows what came of it. Off by default.',
  required: ['schedule'],
  properties: {
    schedule: cron('When a drill is held: a cron schedule in UTC.'),
    query: shaped({
      description:
        'A query of your own, run by the owner in the restored database: the drill passes only if the first column of its only row is true.',
      pattern: '[^ ]',
      maxLength: 4000,
      remedy: 'no query: write one that gives true, such as SELECT count(*) > 0 FROM orders, or leave it out',
    }),
  },
};
