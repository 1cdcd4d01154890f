/** What a job and a cron job are asked to do, and what they have done. */
import type { Schema } from '../schema.ts';
import { choice, flag, int32, int64, list, object, text, time, withDefault } from './shapes.ts';
import { labelSelector, objectReference, templateMeta } from './meta.ts';
import { podTemplate } from './pod-spec.ts';

const podFailurePolicyOnExitCodesRequirement = object(
  { containerName: text, operator: choice('In', 'NotIn'), values: list(int32, { set: true }) },
  ['operator', 'values'],
);
const podFailurePolicyOnPodConditionsPattern = object({ type: text, status: text }, ['type']);
const podFailurePolicyRule = object(
  {
    action: choice('FailJob', 'FailIndex', 'Ignore', 'Count'),
    onExitCodes: podFailurePolicyOnExitCodesRequirement,
    onPodConditions: list(podFailurePolicyOnPodConditionsPattern),
  },
  ['action'],
);
const podFailurePolicy = object({ rules: list(podFailurePolicyRule) }, ['rules']);
const successPolicyRule = object({ succeededIndexes: text, succeededCount: int32 });
const successPolicy = object({ rules: list(successPolicyRule) }, ['rules']);
export const jobSpec: Schema = object({
  parallelism: int32,
  completions: int32,
  activeDeadlineSeconds: int64,
  podFailurePolicy,
  successPolicy,
  backoffLimit: int32,
  backoffLimitPerIndex: int32,
  maxFailedIndexes: int32,
  selector: labelSelector,
  manualSelector: flag,
  template: withDefault(podTemplate, {}),
  ttlSecondsAfterFinished: int32,
  completionMode: choice('NonIndexed', 'Indexed'),
  suspend: flag,
  podReplacementPolicy: choice('TerminatingOrFailed', 'Failed'),
  managedBy: text,
});
const jobCondition = object(
  { type: text, status: text, lastProbeTime: time, lastTransitionTime: time, reason: text, message: text },
  ['type', 'status'],
);
const uncountedTerminatedPods = object({ succeeded: list(text, { set: true }), failed: list(text, { set: true }) });
export const jobStatus: Schema = object({
  conditions: list(jobCondition, { merge: 'type' }),
  startTime: time,
  completionTime: time,
  active: int32,
  succeeded: int32,
  failed: int32,
  terminating: int32,
  completedIndexes: text,
  failedIndexes: text,
  uncountedTerminatedPods,
  ready: int32,
});
const jobTemplateSpec = object({ metadata: templateMeta, spec: jobSpec });
export const cronJobSpec: Schema = object(
  {
    schedule: text,
    timeZone: text,
    startingDeadlineSeconds: int64,
    concurrencyPolicy: choice('Allow', 'Forbid', 'Replace'),
    suspend: flag,
    jobTemplate: jobTemplateSpec,
    successfulJobsHistoryLimit: int32,
    failedJobsHistoryLimit: int32,
  },
  ['schedule', 'jobTemplate'],
);
export const cronJobStatus: Schema = object({
  active: list(objectReference),
  lastScheduleTime: time,
  lastSuccessfulTime: time,
});
