/** `status.monitoring` of an instance: where its owner finds what is measured of it. */
import type { KubeObject, Schema } from '@larder/kube';
import { fieldAt, textOf } from '../postgresql/fields.ts';

export const monitoringStatusSchema: Schema = {
  type: 'object',
  description: 'Where the metrics of the instance are.',
  properties: {
    secretName: {
      type: 'string',
      description:
        'The Secret in the namespace of the claim with the address (url), a token and the authority (ca.crt).',
    },
  },
};

/** The Secret's name; nobody's claim may have one of that name already, and then it has none. */
export function metricsSecretName(claim: string): string {
  return `${claim}-metrics`;
}

/** Nothing before there is something to measure, and for an instance without a claim. */
export function monitoringStatus(composite: KubeObject, isMeasured: boolean): Record<string, unknown> {
  const claim = textOf(fieldAt(composite, 'spec.claimRef.name'));
  return isMeasured && claim !== '' ? { monitoring: { secretName: metricsSecretName(claim) } } : {};
}
