/** An S3Bucket on this machine: one `Bucket`, which the local plane keeps on its own S3 server or on another that it knows. */
import type { CompositionCondition, CompositionRequest, CompositionResponse } from '../composition.ts';
import { ownersOwn } from '../postgresql/engines/acceptance.ts';
import { fieldAt, textOf } from '../postgresql/fields.ts';
import { LOCAL_API_VERSION } from '../postgresql/engines/postgres-server.ts';
import { bucketDetails } from './connection.ts';
import type { LocalBucket } from './local-bucket.ts';

export function composeLocalBucket({ composite, composed }: CompositionRequest): CompositionResponse {
  const seen = composed.bucket;
  const bucket = seen?.resource as LocalBucket | undefined;
  const { name, labels, annotations } = composite.metadata;
  const conditions = bucket?.status?.conditions ?? [];
  const { endpoint, store, bucketName = name } = bucket?.status ?? {};
  const wanted = textOf(fieldAt(composite, 'spec.parameters.store'));
  const claimed = fieldAt(composite, 'spec.claimRef') !== undefined;
  return {
    composed: {
      bucket: {
        resource: {
          apiVersion: LOCAL_API_VERSION,
          kind: 'Bucket',
          metadata: { name, labels: ownersOwn(labels), annotations: ownersOwn(annotations) },
          spec: {
            writeConnectionSecretToRef: { namespace: 'larder-system', name: `${name}-bucket` },
            ...(wanted === '' ? {} : { store: wanted }),
            ...(claimed ? { claimed } : {}),
          },
        },
        ready: conditions.some(({ type, status }) => type === 'Ready' && status === 'True'),
      },
    },
    status: {
      bucketName,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(store === undefined ? {} : { store }),
    },
    connectionDetails: bucketDetails(seen?.connectionDetails ?? {}),
    conditions: [
      { type: 'Accepted', status: 'True', reason: 'Accepted', message: '', target: 'Composite' },
      ...conditions.map(({ type, status, reason, message = '' }): CompositionCondition => ({
        ...{ status, reason, message },
        // Crossplane's own Ready speaks of the whole.
        type: type === 'Ready' ? 'BucketReady' : type,
        target: status === 'True' ? 'Composite' : 'CompositeAndClaim',
      })),
    ],
    events: [],
    requirements: {},
  };
}
