/** What a Pod must be. */
import type { Strategy } from '../rest/api.ts';
import { belowSpec, fillPod, validatePodSpec } from './pod-template.ts';

export const podStrategy: Strategy = {
  generation: true,
  answersDeleted: true,
  leads: true,
  fill: object => fillPod(belowSpec(object)),
  validate: object => validatePodSpec(belowSpec(object) ?? {}, 'spec'),
};
