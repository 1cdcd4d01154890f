/** `S3Bucket` and its composite: the XRD, the same on every plane. */
import { claimDefinition } from '../claim-definition.ts';
import { bucketSecretKeys } from './connection.ts';
import { storeSchema, storeStays } from './store.ts';

export const bucketDefinition = claimDefinition({
  service: 'bucket',
  kind: 'S3Bucket',
  description: 'A bucket with credentials of its own, on an S3 server.',
  composition: 's3bucket',
  secretKeys: bucketSecretKeys,
  parametersOptional: true,
  parameters: {
    type: 'object',
    'x-kubernetes-validations': [storeStays],
    properties: {
      store: storeSchema('the bucket is'),
      deletionProtection: {
        type: 'boolean',
        default: false,
        description:
          'While it is true, neither the claim nor its namespace can be deleted. Deleting a bucket deletes all that is in it.',
      },
    },
  },
  status: {
    type: 'object',
    description: 'What the bucket is at present.',
    properties: {
      bucketName: { type: 'string', description: 'The name of the bucket on its server.' },
      endpoint: { type: 'string', description: 'The URL of its server.' },
      store: { type: 'string', description: 'The name that the plane has for that server.' },
    },
  },
  columns: [
    { name: 'Bucket', type: 'string', jsonPath: '.status.bucketName', description: 'Its name on its server.' },
    { name: 'Endpoint', type: 'string', jsonPath: '.status.endpoint', description: 'The URL of its server.' },
  ],
});
