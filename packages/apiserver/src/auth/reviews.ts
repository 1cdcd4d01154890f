/** The virtual kinds that answer who one is and what one may: made, answered, never stored. */
import { badRequest, invalid, invalidValue, isJsonObject, type FieldError, type KubeObject } from '@larder/kube';
import type { User } from '../rest/api.ts';
import { authorize, type Action } from './authorize.ts';
import { issuer, type ServiceAccountTokens } from './tokens.ts';

/** The status that answers a review; `user` is who asks. */
export type Review = (user: User, object: KubeObject, tokens: ServiceAccountTokens) => object | Promise<object>;

export const reviews: Record<string, Review> = {
  SelfSubjectReview: user => ({ userInfo: user }),
  SelfSubjectAccessReview: (user, { spec }) => decide(user, asObject(spec), 'SelfSubjectAccessReview'),
  SubjectAccessReview: (_user, { spec }) => decide(subjectOf(asObject(spec)), asObject(spec), 'SubjectAccessReview'),
  LocalSubjectAccessReview: (_user, { spec }) =>
    decide(subjectOf(asObject(spec)), asObject(spec), 'LocalSubjectAccessReview'),
  SelfSubjectRulesReview: (user, { spec }) => rulesOf(user, asObject(spec)),
  TokenReview: (_user, { spec }, tokens) => reviewToken(asObject(spec), tokens),
};

function decide(user: User, spec: Record<string, unknown>, kind: string): object {
  const { resourceAttributes, nonResourceAttributes } = spec;
  if ((resourceAttributes === undefined) === (nonResourceAttributes === undefined)) {
    throw invalid({ group: 'authorization.k8s.io', kind }, '', [attributesError(nonResourceAttributes)]);
  }
  const decision = authorize(user, actionOf(spec));
  return { allowed: decision.allowed, ...(decision.reason === '' ? {} : { reason: decision.reason }) };
}

/** Both are there, or none. */
function attributesError(nonResourceAttributes: unknown): FieldError {
  if (nonResourceAttributes === undefined) {
    const detail = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    return invalidValue('spec.resourceAttributes', null, detail);
  }
  const { path, verb } = asObject(nonResourceAttributes);
  const detail = 'cannot be specified in combination with resourceAttributes';
  return invalidValue('spec.nonResourceAttributes', { Path: text(path), Verb: text(verb) }, detail);
}

function actionOf({ resourceAttributes, nonResourceAttributes }: Record<string, unknown>): Action {
  if (nonResourceAttributes !== undefined) {
    const { verb, path } = asObject(nonResourceAttributes);
    return { kind: 'path', verb: text(verb), path: text(path) };
  }
  const { verb, group, version, resource, subresource, namespace, name } = asObject(resourceAttributes);
  return {
    kind: 'resource',
    verb: text(verb),
    group: text(group),
    version: text(version),
    resource: text(resource),
    subresource: text(subresource),
    namespace: text(namespace),
    name: text(name),
  };
}

function subjectOf({ user, groups, uid }: Record<string, unknown>): User {
  const listed = Array.isArray(groups) ? groups.filter(group => typeof group === 'string') : [];
  if (text(user) === '' && listed.length === 0) {
    throw invalid({ group: 'authorization.k8s.io', kind: 'SubjectAccessReview' }, '', [
      {
        type: 'FieldValueInvalid',
        field: 'spec.user',
        value: '',
        detail: 'at least one of user or group must be specified',
      },
    ]);
  }
  return { username: text(user), groups: listed, ...(text(uid) === '' ? {} : { uid: text(uid) }) };
}

function rulesOf(user: User, { namespace }: Record<string, unknown>): object {
  if (text(namespace) === '') throw badRequest('no namespace on request');
  const all = user.groups.includes('system:masters');
  const selfReviewRules = [
    {
      verbs: ['create'],
      apiGroups: ['authorization.k8s.io'],
      resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
    },
    { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
  ];
  const paths = [
    '/api',
    '/api/*',
    '/apis',
    '/apis/*',
    '/healthz',
    '/livez',
    '/openapi',
    '/openapi/*',
    '/readyz',
    '/version',
    '/version/',
  ];
  return {
    incomplete: false,
    resourceRules: all ? [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] : selfReviewRules,
    nonResourceRules: all ? [{ verbs: ['*'], nonResourceURLs: ['*'] }] : [{ verbs: ['get'], nonResourceURLs: paths }],
  };
}

async function reviewToken(
  { token, audiences }: Record<string, unknown>,
  tokens: ServiceAccountTokens,
): Promise<object> {
  if (text(token) === '') {
    throw badRequest('token is required for TokenReview in authentication');
  }
  const asked = Array.isArray(audiences) && audiences.length > 0 ? audiences : [issuer];
  const user = asked.includes(issuer) ? await tokens.findUser(text(token)) : undefined;
  if (user === undefined) return { user: {}, error: 'invalid bearer token' };
  return { authenticated: true, user, audiences: [issuer] };
}

function asObject(value: unknown): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (!isJsonObject(value)) throw badRequest('the review must have a spec that is an object');
  return value;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
