/** What a CronJob must be: its schedule and time zone can be read, and the jobs it makes would be taken. */
import {
  invalidValue,
  notSupported,
  required,
  validateDns1123Subdomain,
  type FieldError,
  type JsonObject,
  type KubeObject,
} from '@larder/kube';
import type { Strategy } from '../rest/api.ts';
import { scheduleProblem, timeZoneProblems } from './cron-schedule.ts';
import { validateJobSpec, validateNatural } from './job-spec.ts';
import { belowSpec, fillPod } from './pod-template.ts';
import { objectIn, textIn } from './read-fields.ts';

/** Names of its jobs are this long at most with the eleven characters that are added. */
const longestName = 52;

export const cronJobStrategy: Strategy = {
  generation: true,
  leads: true,
  fill(object) {
    // Kubernetes shows what may be empty here; the rest of the job's defaults are its own.
    const spec = belowSpec(object);
    if (spec !== undefined) spec.jobTemplate ??= {};
    const jobSpec = belowSpec(object, 'jobTemplate');
    if (jobSpec !== undefined) jobSpec.spec ??= {};
    fillPod(belowSpec(object, 'jobTemplate', 'spec', 'template', 'spec'));
  },
  validate: (object: KubeObject & { spec?: JsonObject }, old: KubeObject | undefined) => [
    ...(old === undefined ? validateName(object.metadata.name) : []),
    ...validateSpec(object.spec ?? {}),
  ],
};

function validateName(name: string): FieldError[] {
  if (name.length <= longestName || validateDns1123Subdomain(name).length > 0) return [];
  return [invalidValue('metadata.name', name, `must be no more than ${longestName} characters`)];
}

const policies = ['Allow', 'Forbid', 'Replace'];

function validateSpec(spec: JsonObject): FieldError[] {
  const policy = textIn(spec, 'concurrencyPolicy');
  return [
    ...validateSchedule(textIn(spec, 'schedule')),
    ...validateNatural(spec, ['startingDeadlineSeconds'], 'spec'),
    ...validateTimeZone(spec.timeZone),
    ...(policies.includes(policy) ? [] : [notSupported('spec.concurrencyPolicy', policy, policies)]),
    ...validateJobSpec(objectIn(objectIn(spec, 'jobTemplate'), 'spec'), 'spec.jobTemplate.spec'),
    ...validateNatural(spec, ['successfulJobsHistoryLimit', 'failedJobsHistoryLimit'], 'spec'),
  ];
}

function validateSchedule(schedule: string): FieldError[] {
  if (schedule === '') return [required('spec.schedule')];
  const problem = scheduleProblem(schedule);
  return problem === undefined ? [] : [invalidValue('spec.schedule', schedule, problem)];
}

function validateTimeZone(name: unknown): FieldError[] {
  if (typeof name !== 'string') return [];
  return timeZoneProblems(name).map(problem => invalidValue('spec.timeZone', name, problem));
}
