/** What `larder cluster clean` leaves: nothing of the catalog, and what others may use. */
import assert from 'node:assert/strict';
import { isNotFound } from '@larder/kube';
import type { HttpClient } from '@larder/controller';
import type { Check } from './context.ts';

const ours = [
  { apiVersion: 'apiextensions.crossplane.io/v1', kind: 'CompositeResourceDefinition' },
  { apiVersion: 'apiextensions.crossplane.io/v1', kind: 'Composition' },
  { apiVersion: 'pkg.crossplane.io/v1', kind: 'Function' },
  { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy' },
  { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicyBinding' },
  { apiVersion: 'kubernetes.crossplane.io/v1alpha1', kind: 'ProviderConfig' },
];
const byName = [
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole' },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding' },
  { apiVersion: 'v1', kind: 'Namespace' },
  { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
];

export const cleaned: Check = {
  name: 'after clean nothing of the catalog is left, and Crossplane stays',
  async run({ client }) {
    const left = [
      ...(await Promise.all(ours.map(async kind => namesOf(client, kind)))).flat(),
      ...(await Promise.all(byName.map(async kind => namesOf(client, kind)))).flat().filter(isOurs),
    ];
    assert.deepEqual(left, []);
    await client.get({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'crossplane-system', name: 'crossplane' });
  },
};

async function namesOf(client: HttpClient, kind: { apiVersion: string; kind: string }): Promise<string[]> {
  try {
    return (await client.list(kind)).items.map(({ metadata }) => `${kind.kind} ${metadata.name}`);
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

function isOurs(name: string): boolean {
  return / (larder|sv-postgresql-)|\.(syn\.tools|larder\.dev)$/.test(name);
}
