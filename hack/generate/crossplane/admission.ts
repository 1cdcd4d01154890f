/**
 * What Crossplane takes out of a definition's schema, as ValidatingAdmissionPolicies with the same rules: names, sizes and versions at
 * the root, and deletionProtection, for which no schema has words.
 */
import type { KubeObject, ValidationRule } from '@larder/kube';
import { protectedAnnotation } from '../../../packages/catalog/src/cluster/protect.ts';
import { claimName } from '../../../packages/catalog/src/claim-name.ts';
import { rootRules } from '../../../packages/catalog/src/postgresql/schema/root-rules.ts';

type Operation = 'CREATE' | 'UPDATE' | 'DELETE';

export function admissionPolicies(): Record<string, KubeObject[]> {
  return {
    'admission/claims.yaml': policyWithBinding({
      name: 'larder-postgresqlinstance',
      operations: ['CREATE', 'UPDATE'],
      resources: [claims],
      validations: [claimName('PostgreSQLInstance'), ...rootRules].map(asValidation),
    }),
    'admission/deletion.yaml': policyWithBinding({
      name: 'larder-deletion-protection',
      operations: ['DELETE'],
      resources: [claims],
      validations: [protectedUnless('oldObject')],
    }),
    'admission/composite-deletion.yaml': policyWithBinding({
      name: 'larder-composite-deletion-protection',
      operations: ['DELETE'],
      resources: [{ group: 'syn.tools', version: 'v1', plural: 'xpostgresqlinstances' }],
      conditions: [byHand],
      validations: [protectedUnless('oldObject', 'XPostgreSQLInstance')],
    }),
    'admission/composed-deletion.yaml': policyWithBinding({
      name: 'larder-composed-deletion-protection',
      operations: ['DELETE'],
      resources: holdingData,
      conditions: [byHand, { name: 'is-protected', expression: `'${protectedAnnotation}' in ${annotations}` }],
      validations: [refusedAsComposed],
    }),
    'admission/namespace-deletion.yaml': policyWithBinding({
      name: 'larder-namespace-deletion-protection',
      operations: ['DELETE'],
      resources: [namespaces],
      // Asked about each claim in the namespace that is to go.
      params: { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLInstance' },
      validations: [protectedUnless('params')],
    }),
  };
}

interface Resource {
  group: string;
  version: string;
  plural: string;
}

const claims: Resource = { group: 'syn.tools', version: 'v1', plural: 'postgresqlinstances' };
const namespaces: Resource = { group: '', version: 'v1', plural: 'namespaces' };
/** What an engine marks while its instance is protected. */
const holdingData: Resource[] = [
  namespaces,
  { group: 'postgresql.cnpg.io', version: 'v1', plural: 'clusters' },
  { group: 'stackgres.io', version: 'v1', plural: 'sgclusters' },
  { group: 'kubernetes.crossplane.io', version: '*', plural: 'objects' },
];

/**
 * Kubernetes' own controllers, Crossplane and its providers only carry out what was allowed: the claim's deletion. They come at once, and
 * what they delete may not have heard yet that its claim is protected no more.
 */
const byHand = {
  name: 'by-hand',
  expression: "!request.userInfo.username.matches('^system:serviceaccount:(kube-system|crossplane-system):')",
};
const annotations = '(has(oldObject.metadata.annotations) ? oldObject.metadata.annotations : {})';

/** A rule about `self` and `oldSelf` as one about the objects of a request. */
function asValidation({ rule, message, messageExpression, fieldPath }: ValidationRule): Record<string, unknown> {
  const isTransition = /\boldSelf\b/.test(rule);
  const applies = isTransition ? 'oldObject == null' : "request.operation != 'CREATE'";
  const field = `${(fieldPath ?? '').replace(/^\./, '')}: `;
  return {
    expression: `${applies} || (${aboutRequest(rule)})`,
    message: field + (message ?? ''),
    ...(messageExpression === undefined
      ? {}
      : { messageExpression: `'${field}' + ${aboutRequest(messageExpression)}` }),
    reason: 'Invalid',
  };
}

function aboutRequest(rule: string): string {
  return rule.replaceAll(/\boldSelf\b/g, 'oldObject').replaceAll(/\bself\b/g, 'object');
}

/** @param object a claim or composite, as the expression calls it */
function protectedUnless(
  object: string,
  kind: 'PostgreSQLInstance' | 'XPostgreSQLInstance' = 'PostgreSQLInstance',
): Record<string, unknown> {
  const flag = `${object}.spec.parameters.deletionProtection`;
  const where = kind === 'PostgreSQLInstance' ? `'" in namespace "' + ${object}.metadata.namespace + '"` : `'"`;
  const remedy = `is protected: set spec.parameters.deletionProtection to false ${kind === 'PostgreSQLInstance' ? '' : 'on its claim '}first`;
  return {
    expression: `has(${object}.metadata.deletionTimestamp) || !has(${flag}) || !${flag}`,
    message: `the ${kind} ${remedy}`,
    messageExpression: `'${kind} "' + ${object}.metadata.name + ${where} ${remedy}'`,
    reason: 'Forbidden',
  };
}

const ofProtected =
  'belongs to a protected instance: set spec.parameters.deletionProtection to false on its claim first';
const refusedAsComposed = {
  expression: 'has(oldObject.metadata.deletionTimestamp)',
  message: `this ${ofProtected}`,
  messageExpression: `oldObject.kind + ' "' + oldObject.metadata.name + '" ${ofProtected}'`,
  reason: 'Forbidden',
};

function policyWithBinding(of: {
  name: string;
  operations: Operation[];
  resources: Resource[];
  /** Requests for which all of them hold are looked at. */
  conditions?: { name: string; expression: string }[];
  params?: { apiVersion: string; kind: string };
  validations: Record<string, unknown>[];
}): KubeObject[] {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const metadata = { name: of.name, labels: { 'app.kubernetes.io/part-of': 'larder' } };
  return [
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        failurePolicy: 'Fail',
        ...(of.params ? { paramKind: of.params } : {}),
        matchConstraints: {
          resourceRules: of.resources.map(({ group, version, plural }) => ({
            apiGroups: [group],
            apiVersions: [version],
            operations: of.operations,
            resources: [plural],
          })),
        },
        ...(of.conditions ? { matchConditions: of.conditions } : {}),
        validations: of.validations,
      },
    },
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: {
        policyName: of.name,
        validationActions: ['Deny'],
        ...(of.params ? { paramRef: { selector: {}, parameterNotFoundAction: 'Allow' } } : {}),
      },
    },
  ];
}
