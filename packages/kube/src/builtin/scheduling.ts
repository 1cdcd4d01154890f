/** Where a pod may run. Kept and shown; one machine has no choice to make. */
import type { Schema } from '../schema.ts';
import { choice, int32, int64, list, object, text } from './shapes.ts';
import { labelSelector } from './meta.ts';

const nodeSelectorRequirement = object(
  { key: text, operator: choice('In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'), values: list(text) },
  ['key', 'operator'],
);
const nodeSelectorTerm = object({
  matchExpressions: list(nodeSelectorRequirement),
  matchFields: list(nodeSelectorRequirement),
});
const nodeSelector = object({ nodeSelectorTerms: list(nodeSelectorTerm) }, ['nodeSelectorTerms']);
const preferredSchedulingTerm = object({ weight: int32, preference: nodeSelectorTerm }, ['weight', 'preference']);
const nodeAffinity = object({
  requiredDuringSchedulingIgnoredDuringExecution: nodeSelector,
  preferredDuringSchedulingIgnoredDuringExecution: list(preferredSchedulingTerm),
});
const podAffinityTerm = object(
  {
    labelSelector,
    namespaces: list(text),
    topologyKey: text,
    namespaceSelector: labelSelector,
    matchLabelKeys: list(text),
    mismatchLabelKeys: list(text),
  },
  ['topologyKey'],
);
const weightedPodAffinityTerm = object({ weight: int32, podAffinityTerm }, ['weight', 'podAffinityTerm']);
const podAffinity = object({
  requiredDuringSchedulingIgnoredDuringExecution: list(podAffinityTerm),
  preferredDuringSchedulingIgnoredDuringExecution: list(weightedPodAffinityTerm),
});
const podAntiAffinity = object({
  requiredDuringSchedulingIgnoredDuringExecution: list(podAffinityTerm),
  preferredDuringSchedulingIgnoredDuringExecution: list(weightedPodAffinityTerm),
});
export const affinity: Schema = object({ nodeAffinity, podAffinity, podAntiAffinity });
export const toleration: Schema = object({
  key: text,
  operator: choice('Exists', 'Equal', 'Lt', 'Gt'),
  value: text,
  effect: choice('NoSchedule', 'PreferNoSchedule', 'NoExecute'),
  tolerationSeconds: int64,
});
export const topologySpreadConstraint: Schema = object(
  {
    maxSkew: int32,
    topologyKey: text,
    whenUnsatisfiable: choice('DoNotSchedule', 'ScheduleAnyway'),
    labelSelector,
    minDomains: int32,
    nodeAffinityPolicy: choice('Ignore', 'Honor'),
    nodeTaintsPolicy: choice('Ignore', 'Honor'),
    matchLabelKeys: list(text),
  },
  ['maxSkew', 'topologyKey', 'whenUnsatisfiable'],
);
