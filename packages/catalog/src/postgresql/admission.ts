/** What no schema can say about PostgreSQLInstance claims: whether one may be deleted. */
import type { AdmissionRule, KubeObject, Refusal } from '@larder/kube';
import { fieldAt } from './fields.ts';

export const admission: AdmissionRule[] = [
  { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLInstance', operations: ['DELETE'], refuse: refuseDeletion },
];

function refuseDeletion(claim: KubeObject): Refusal | undefined {
  if (fieldAt(claim, 'spec.parameters.deletionProtection') !== true) return undefined;
  const { namespace = '', name } = claim.metadata;
  const message = `PostgreSQLInstance "${name}" in namespace "${namespace}" is protected: set spec.parameters.deletionProtection to false first`;
  return { reason: 'Forbidden', message };
}
