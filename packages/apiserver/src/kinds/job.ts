/** What a Job does: it selects its pods by its own uid. */
import { isJsonObject, type FieldError, type JsonObject, type KubeObject } from '@larder/kube';
import type { Strategy } from '../rest/api.ts';
import { validateJobChange, validateJobSpec, validateSelector } from './job-spec.ts';
import { belowSpec, fillPod } from './pod-template.ts';

interface Job extends KubeObject {
  spec?: {
    manualSelector?: boolean;
    selector?: { matchLabels?: Record<string, string> };
    template?: { metadata?: { labels?: Record<string, string> }; spec?: unknown };
    completions?: number;
    parallelism?: number;
    completionMode?: string;
    [field: string]: unknown;
  };
}

export const jobStrategy: Strategy = {
  generation: true,
  leads: true,
  fill(object: Job) {
    fillPod(belowSpec(object, 'template', 'spec'));
    defaultCompletions(object);
    takeLabels(object);
  },
  prepare(object: Job, old: Job | undefined) {
    object.status ??= {};
    if (old || !isJsonObject(object.spec) || !isJsonObject(object.spec.template)) return;
    if (object.spec.manualSelector !== true) selectOwnPods(object);
  },
  settle: takeLabels,
  validate: (object: Job, old: Job | undefined) => validateJob(object, old),
};

/** One run, unless the job says how many at once: then it ends when one of them has. */
function defaultCompletions({ spec }: Job): void {
  if (!isJsonObject(spec)) return;
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
}

/** A job without labels has those of its pods. */
function takeLabels({ metadata, spec }: Job): void {
  const labels = isJsonObject(spec?.template?.metadata) ? spec.template.metadata.labels : undefined;
  if (!isJsonObject(labels) || Object.keys(labels).length === 0 || metadata.labels !== undefined) return;
  metadata.labels = { ...labels };
}

function selectOwnPods(job: Job): void {
  const { spec, metadata } = job;
  if (spec?.template === undefined) return;
  const { uid = '', name } = metadata;
  const own = { 'batch.kubernetes.io/controller-uid': uid };
  spec.selector = { ...spec.selector, matchLabels: { ...spec.selector?.matchLabels, ...own } };
  const added = { ...own, 'batch.kubernetes.io/job-name': name, 'controller-uid': uid, 'job-name': name };
  const before = spec.template.metadata?.labels;
  spec.template.metadata = { ...spec.template.metadata, labels: { ...before, ...added } };
  // Labels that were taken from the pods go on following them.
  if (before !== undefined && sameLabels(metadata.labels, before)) metadata.labels = { ...before, ...added };
}

function sameLabels(one: Record<string, string> = {}, other: Record<string, string>): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every(key => one[key] === other[key]);
}

function validateJob(object: Job, old: Job | undefined): FieldError[] {
  const spec = (object.spec ?? {}) as JsonObject;
  return [
    ...validateJobSpec(spec, 'spec'),
    ...validateSelector(object),
    ...(old === undefined ? [] : validateJobChange(spec, old.spec ?? {})),
  ];
}
