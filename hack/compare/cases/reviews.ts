/** Who one is and what one may. */
import type { HttpCase } from '../case.ts';

const authorization = '/apis/authorization.k8s.io/v1';
const review = (kind: string, spec: unknown, headers: Record<string, string> = {}) => ({
  ask: `POST ${authorization}/${kind.toLowerCase()}s`,
  body: { apiVersion: 'authorization.k8s.io/v1', kind, spec },
  headers,
});
const attributes = { verb: 'create', resource: 'secrets', namespace: 'default' };
const alice = { 'Impersonate-User': 'alice' };

export const reviewCases: HttpCase[] = [
  {
    name: 'reviews',
    steps: [
      {
        ask: 'POST /apis/authentication.k8s.io/v1/selfsubjectreviews',
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
      },
      { ask: 'POST /apis/authentication.k8s.io/v1/selfsubjectreviews', body: {}, headers: alice },
      review('SelfSubjectAccessReview', { resourceAttributes: attributes }),
      review('SelfSubjectAccessReview', { resourceAttributes: attributes }, alice),
      review('SelfSubjectAccessReview', { nonResourceAttributes: { path: '/healthz', verb: 'get' } }, alice),
      review('SelfSubjectAccessReview', {}),
      review('SelfSubjectAccessReview', undefined),
      review('SelfSubjectAccessReview', { resourceAttributes: attributes, nonResourceAttributes: { path: '/' } }),
      review('SelfSubjectAccessReview', { resourceAttributes: { verb: 7 } }),
      review('SelfSubjectRulesReview', { namespace: 'default' }),
      review('SelfSubjectRulesReview', { namespace: 'default' }, alice),
      review('SelfSubjectRulesReview', {}),
      review('SubjectAccessReview', { user: 'alice', resourceAttributes: attributes }),
      review('SubjectAccessReview', { user: 'x', groups: ['system:masters'], resourceAttributes: attributes }),
      review('SubjectAccessReview', { resourceAttributes: attributes }),
      {
        ask: `POST ${authorization}/namespaces/default/localsubjectaccessreviews`,
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'LocalSubjectAccessReview',
          metadata: { namespace: 'default' },
          spec: { user: 'alice', resourceAttributes: attributes },
        },
      },
      {
        ask: 'POST /apis/authentication.k8s.io/v1/tokenreviews',
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: 'nonsense' } },
      },
      {
        ask: 'POST /apis/authentication.k8s.io/v1/tokenreviews',
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: {} },
      },
    ],
  },
];
