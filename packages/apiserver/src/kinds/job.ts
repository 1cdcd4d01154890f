/** What a Job does: it selects its pods by its own uid. */
import { isJsonObject, type KubeObject } from '@larder/kube';
import type { Strategy } from '../rest/api.ts';
import { belowSpec, fillPullPolicies } from './pod-template.ts';

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
  fill(object: Job) {
    fillPullPolicies(belowSpec(object, 'template', 'spec'));
    defaultCompletions(object);
  },
  prepare(object: Job, old: Job | undefined) {
    object.status ??= {};
    if (old || !isJsonObject(object.spec) || !isJsonObject(object.spec.template)) return;
    if (object.spec.manualSelector !== true) selectOwnPods(object);
    const { labels } = object.spec.template.metadata ?? {};
    if (labels !== undefined && object.metadata.labels === undefined) object.metadata.labels = { ...labels };
  },
};

/** One run, unless the job says how many at once: then it ends when one of them has. */
function defaultCompletions({ spec }: Job): void {
  if (!isJsonObject(spec)) return;
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
}

function selectOwnPods(job: Job): void {
  const { spec, metadata } = job;
  if (spec?.template === undefined) return;
  const { uid = '', name } = metadata;
  spec.selector = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
  const labels = {
    ...spec.template.metadata?.labels,
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  spec.template.metadata = { ...spec.template.metadata, labels };
}
