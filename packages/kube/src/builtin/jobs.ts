/** Jobs and cron jobs, with the defaults that Kubernetes adds to their fields. */
import { humanDuration } from '../duration.ts';
import type { KubeObject } from '../objects.ts';
import type { ResourceDefinition } from '../resource.ts';
import type { Schema } from '../schema.ts';
import {
  ageColumn,
  column,
  none,
  numberAt,
  objectAt,
  objectsAt,
  since,
  specOf,
  statusOf,
  templateColumns,
  textAt,
} from './cells.ts';
import { cronJobSpec, cronJobStatus, jobSpec, jobStatus } from './job-spec.ts';
import { kindSchema } from './meta.ts';
import { withDefault } from './shapes.ts';

/** `schema` with more said about some of its properties. */
function refine(schema: Schema, changes: Record<string, (property: Schema) => Schema>): Schema {
  const properties = { ...schema.properties };
  for (const [name, change] of Object.entries(changes)) properties[name] = change(properties[name] ?? {});
  return { ...schema, properties };
}

/** A job's own defaults aren't those of a cron job's template. */
const ownJobSpec = refine(jobSpec, {
  backoffLimit: schema => withDefault(schema, 6),
  completionMode: schema => withDefault(schema, 'NonIndexed'),
  suspend: schema => withDefault(schema, false),
  manualSelector: schema => withDefault(schema, false),
  podReplacementPolicy: schema => withDefault(schema, 'TerminatingOrFailed'),
});

const has = (job: KubeObject, type: string) =>
  objectsAt(statusOf(job), 'conditions').some(condition => condition.type === type && condition.status === 'True');

function jobState(job: KubeObject): string {
  if (has(job, 'Complete')) return 'Complete';
  if (has(job, 'Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(type => has(job, type)) ?? 'Running';
}

function completions(job: KubeObject): string {
  const succeeded = numberAt(statusOf(job), 'succeeded');
  const { completions: wanted } = specOf(job);
  if (typeof wanted === 'number') return `${succeeded}/${wanted}`;
  const parallelism = numberAt(specOf(job), 'parallelism');
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function duration(job: KubeObject, now: Date): string {
  const start = Date.parse(textAt(statusOf(job), 'startTime'));
  const completed = textAt(statusOf(job), 'completionTime');
  const end = completed === '' ? now.getTime() : Date.parse(completed);
  return Number.isNaN(end - start) ? '' : humanDuration(end - start);
}

export const job: ResourceDefinition = {
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  singular: 'job',
  categories: ['all'],
  namespaced: true,
  status: true,
  schema: kindSchema('Job runs something until it has succeeded.', { spec: ownJobSpec, status: jobStatus }, ['spec']),
  columns: [
    column('Status', jobState),
    column('Completions', completions),
    column('Duration', duration),
    ageColumn,
    ...templateColumns(
      item => objectAt(specOf(item), 'template'),
      item => objectAt(specOf(item), 'selector'),
    ),
  ],
  selectableFields: ['.status.successful'],
};

const cronSpec = refine(cronJobSpec, {
  concurrencyPolicy: schema => withDefault(schema, 'Allow'),
  suspend: schema => withDefault(schema, false),
  successfulJobsHistoryLimit: schema => withDefault(schema, 3),
  failedJobsHistoryLimit: schema => withDefault(schema, 1),
  jobTemplate: schema => refine(schema, { spec: () => withDefault(jobSpec, {}) }),
});

export const cronJob: ResourceDefinition = {
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  singular: 'cronjob',
  shortNames: ['cj'],
  categories: ['all'],
  namespaced: true,
  status: true,
  schema: kindSchema('CronJob makes jobs by the clock.', { spec: cronSpec, status: cronJobStatus }, ['spec']),
  columns: [
    column('Schedule', item => textAt(specOf(item), 'schedule')),
    column('Timezone', item => textAt(specOf(item), 'timeZone', none)),
    column('Suspend', item => (specOf(item).suspend === true ? 'True' : 'False'), { type: 'boolean' }),
    column('Active', item => objectsAt(statusOf(item), 'active').length, { type: 'integer' }),
    column('Last Schedule', (item, now) => since(statusOf(item).lastScheduleTime, now, none)),
    ageColumn,
    ...templateColumns(
      item => objectAt(objectAt(objectAt(specOf(item), 'jobTemplate'), 'spec'), 'template'),
      item => objectAt(objectAt(objectAt(specOf(item), 'jobTemplate'), 'spec'), 'selector'),
    ),
  ],
};
