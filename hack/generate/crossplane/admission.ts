/**
 * What Crossplane takes out of a definition's schema, as ValidatingAdmissionPolicies with the same rules: names, sizes and versions at
 * the root, and deletionProtection, for which no schema has words.
 */
import type { KubeObject, ValidationRule } from '@larder/kube';
import { claimName } from '../../../packages/catalog/src/claim-name.ts';
import { rootRules } from '../../../packages/catalog/src/postgresql/schema/root-rules.ts';

type Operation = 'CREATE' | 'UPDATE' | 'DELETE';

export function admissionPolicies(): Record<string, KubeObject[]> {
  return {
    'admission/claims.yaml': policyWithBinding({
      name: 'larder-postgresqlinstance',
      operations: ['CREATE', 'UPDATE'],
      resource: claims,
      validations: [claimName('PostgreSQLInstance'), ...rootRules].map(asValidation),
    }),
    'admission/deletion.yaml': policyWithBinding({
      name: 'larder-deletion-protection',
      operations: ['DELETE'],
      resource: claims,
      validations: [protectedUnless('oldObject')],
    }),
    'admission/namespace-deletion.yaml': policyWithBinding({
      name: 'larder-namespace-deletion-protection',
      operations: ['DELETE'],
      resource: { group: '', version: 'v1', plural: 'namespaces' },
      // Asked about each claim in the namespace that is to go.
      params: { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLInstance' },
      validations: [protectedUnless('params')],
    }),
  };
}

const claims = { group: 'syn.tools', version: 'v1', plural: 'postgresqlinstances' };

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

function protectedUnless(claim: string): Record<string, unknown> {
  const flag = `${claim}.spec.parameters.deletionProtection`;
  const remedy = 'is protected: set spec.parameters.deletionProtection to false first';
  return {
    expression: `has(${claim}.metadata.deletionTimestamp) || !has(${flag}) || !${flag}`,
    message: `the PostgreSQLInstance ${remedy}`,
    messageExpression: `'PostgreSQLInstance "' + ${claim}.metadata.name + '" in namespace "' + ${claim}.metadata.namespace + '" ${remedy}'`,
    reason: 'Forbidden',
  };
}

function policyWithBinding(of: {
  name: string;
  operations: Operation[];
  resource: { group: string; version: string; plural: string };
  params?: { apiVersion: string; kind: string };
  validations: Record<string, unknown>[];
}): KubeObject[] {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const metadata = { name: of.name, labels: { 'app.kubernetes.io/part-of': 'larder' } };
  const { group, version, plural } = of.resource;
  return [
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        failurePolicy: 'Fail',
        ...(of.params ? { paramKind: of.params } : {}),
        matchConstraints: {
          resourceRules: [
            { apiGroups: [group], apiVersions: [version], operations: of.operations, resources: [plural] },
          ],
        },
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
