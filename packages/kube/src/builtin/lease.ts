/** Leases: who leads, until when. */
import type { ResourceDefinition } from '../resource.ts';
import { ageColumn, column, specOf, textAt } from './cells.ts';
import { kindSchema } from './meta.ts';
import { int32, microTime, object, ruled, text } from './shapes.ts';

export const lease: ResourceDefinition = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  singular: 'lease',
  namespaced: true,
  schema: kindSchema('Lease says who holds something, and until when.', {
    spec: object({
      holderIdentity: text,
      leaseDurationSeconds: { ...int32, ...ruled({ rule: 'self > 0', message: 'must be greater than 0' }) },
      acquireTime: microTime,
      renewTime: microTime,
      leaseTransitions: { ...int32, ...ruled({ rule: 'self >= 0', message: 'must be greater than or equal to 0' }) },
      strategy: text,
      preferredHolder: text,
    }),
  }),
  columns: [column('Holder', item => textAt(specOf(item), 'holderIdentity')), ageColumn],
};
