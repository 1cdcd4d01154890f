/** `Bucket` of `local.larder.dev`: a bucket on the plane's own S3 server. Its name is the bucket's, so no two can have one. */
import type { Condition, KubeObject, Schema } from '@larder/kube';
import { conditionsSchema, customKind, secretReference } from '../custom-kind.ts';
import { LOCAL_API_VERSION } from '../postgresql/engines/postgres-server.ts';
import type { CustomResourceDefinition } from '../service.ts';

export interface LocalBucket extends KubeObject {
  apiVersion: typeof LOCAL_API_VERSION;
  kind: 'Bucket';
  spec: { writeConnectionSecretToRef: { namespace: string; name: string } };
  status?: { conditions?: Condition[]; observedGeneration?: number; endpoint?: string };
}

const text: Schema = { type: 'string' };

export const bucketKinds: CustomResourceDefinition[] = [
  customKind({
    apiVersion: LOCAL_API_VERSION,
    name: 'Bucket',
    schema: {
      required: ['spec'],
      properties: {
        spec: {
          type: 'object',
          required: ['writeConnectionSecretToRef'],
          properties: { writeConnectionSecretToRef: secretReference('Where the owner’s credentials are written.') },
        },
        status: {
          type: 'object',
          properties: {
            conditions: conditionsSchema,
            observedGeneration: { type: 'integer', format: 'int64' },
            endpoint: { ...text, description: 'The URL of the server that has it.' },
          },
        },
      },
    },
    columns: [
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      { name: 'Endpoint', type: 'string', jsonPath: '.status.endpoint' },
    ],
  }),
];
