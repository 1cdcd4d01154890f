/** `Bucket` of `local.larder.dev`: a bucket on the plane's own S3 server, where its name is the bucket's, or on another that the plane knows. */
import type { Condition, KubeObject, Schema } from '@larder/kube';
import { conditionsSchema, customKind, secretReference } from '../custom-kind.ts';
import { LOCAL_API_VERSION } from '../postgresql/engines/postgres-server.ts';
import type { CustomResourceDefinition } from '../service.ts';

export interface LocalBucket extends KubeObject {
  apiVersion: typeof LOCAL_API_VERSION;
  kind: 'Bucket';
  spec: {
    writeConnectionSecretToRef: { namespace: string; name: string };
    /** The S3 server, by its name on the plane. @default the plane's choice */
    store?: string;
    /** Whether a claim gets the owner's key, so that it must be good for this bucket alone. */
    claimed?: boolean;
  };
  status?: LocalBucketStatus;
}

export interface LocalBucketStatus {
  conditions?: Condition[];
  observedGeneration?: number;
  endpoint?: string;
  /** Where it is, for good. */
  store?: string;
  /** Its name there. */
  bucketName?: string;
  /** On a server that isn't the plane's. `Making` is set before it is made there: an empty one that is found then is ours. */
  phase?: 'Making' | 'Made';
}

export { OWN_STORE } from './store.ts';

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
          properties: {
            writeConnectionSecretToRef: secretReference('Where the owner’s credentials are written.'),
            store: { ...text, description: 'The S3 server, by its name on the plane. Default: the plane’s choice.' },
            claimed: { type: 'boolean', description: 'Whether somebody gets the key of its owner.' },
          },
        },
        status: {
          type: 'object',
          properties: {
            conditions: conditionsSchema,
            observedGeneration: { type: 'integer', format: 'int64' },
            endpoint: { ...text, description: 'The URL of the server that has it.' },
            store: { ...text, description: 'The name that the plane has for that server.' },
            bucketName: { ...text, description: 'Its name there.' },
            phase: {
              type: 'string',
              enum: ['Making', 'Made'],
              description: 'How far it is on a server that isn’t the plane’s.',
            },
          },
        },
      },
    },
    columns: [
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      { name: 'Store', type: 'string', jsonPath: '.status.store' },
      { name: 'Endpoint', type: 'string', jsonPath: '.status.endpoint' },
    ],
  }),
];
