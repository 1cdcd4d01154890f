/** The virtual kinds that answer who one is and what one may, as data. They can only be created. */
import type { ResourceDefinition, Schema } from '@larder/kube';

const open: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

const text: Schema = { type: 'string' };
const texts: Schema = { type: 'array', items: text };
const attributes = {
  resourceAttributes: {
    type: 'object',
    properties: {
      ...{ namespace: text, verb: text, group: text, version: text, resource: text, subresource: text, name: text },
      ...{ fieldSelector: open, labelSelector: open },
    },
  },
  nonResourceAttributes: { type: 'object', properties: { path: text, verb: text } },
} satisfies Record<string, Schema>;
const subject = { user: text, groups: texts, extra: open, uid: text };

function review(
  group: string,
  { kind, plural, namespaced = false }: { kind: string; plural: string; namespaced?: boolean },
  fields?: Record<string, Schema>,
): ResourceDefinition {
  const schema: Schema = {
    type: 'object',
    description: `${kind} is answered at once and never stored.`,
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      ...(fields && { spec: { type: 'object', properties: fields } }),
      status: open,
    },
  };
  return { group, version: 'v1', kind, plural, singular: kind.toLowerCase(), namespaced, schema };
}

const [authentication, authorization] = ['authentication.k8s.io', 'authorization.k8s.io'];

export const reviewResources: ResourceDefinition[] = [
  review(authentication, { kind: 'SelfSubjectReview', plural: 'selfsubjectreviews' }),
  review(authentication, { kind: 'TokenReview', plural: 'tokenreviews' }, { token: text, audiences: texts }),
  review(
    authorization,
    { kind: 'LocalSubjectAccessReview', plural: 'localsubjectaccessreviews', namespaced: true },
    { ...attributes, ...subject },
  ),
  review(authorization, { kind: 'SelfSubjectAccessReview', plural: 'selfsubjectaccessreviews' }, attributes),
  review(authorization, { kind: 'SelfSubjectRulesReview', plural: 'selfsubjectrulesreviews' }, { namespace: text }),
  review(authorization, { kind: 'SubjectAccessReview', plural: 'subjectaccessreviews' }, { ...attributes, ...subject }),
];
