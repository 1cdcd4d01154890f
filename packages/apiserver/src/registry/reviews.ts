/** The virtual kinds that answer who one is and what one may, as data. They can only be created. */
import type { ResourceDefinition, Schema } from '@larder/kube';

const open: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

function review(group: string, kind: string, plural: string, namespaced = false): ResourceDefinition {
  const schema: Schema = {
    type: 'object',
    description: `${kind} is answered at once and never stored.`,
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: open,
      status: open,
    },
  };
  return { group, version: 'v1', kind, plural, singular: kind.toLowerCase(), namespaced, schema };
}

export const reviewResources: ResourceDefinition[] = [
  review('authentication.k8s.io', 'SelfSubjectReview', 'selfsubjectreviews'),
  review('authentication.k8s.io', 'TokenReview', 'tokenreviews'),
  review('authorization.k8s.io', 'LocalSubjectAccessReview', 'localsubjectaccessreviews', true),
  review('authorization.k8s.io', 'SelfSubjectAccessReview', 'selfsubjectaccessreviews'),
  review('authorization.k8s.io', 'SelfSubjectRulesReview', 'selfsubjectrulesreviews'),
  review('authorization.k8s.io', 'SubjectAccessReview', 'subjectaccessreviews'),
];
