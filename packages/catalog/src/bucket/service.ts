/** Buckets: the `S3Bucket` claim and who meets it. */
import type { AdmissionRule } from '@larder/kube';
import type { Service } from '../service.ts';
import { bucketSecretName } from './connection.ts';
import { bucketDefinition } from './definition.ts';
import { bucketKinds } from './local-bucket.ts';
import { composeLocalBucket } from './local.ts';

const labels = { 'larder.dev/service': 'bucket', 'larder.dev/engine': 'local' };

export const bucket: Service = {
  name: 'bucket',
  definition: bucketDefinition,
  compositions: [
    {
      name: 's3bucket',
      engine: 'local',
      labels,
      resource: {
        apiVersion: 'apiextensions.crossplane.io/v1',
        kind: 'Composition',
        metadata: { name: 's3bucket', labels },
        spec: {
          compositeTypeRef: { apiVersion: 'syn.tools/v1', kind: 'XS3Bucket' },
          mode: 'Pipeline',
          pipeline: [{ step: 'compose', functionRef: { name: 'larder' } }],
          writeConnectionSecretsToNamespace: 'larder-system',
        },
      },
      compose: composeLocalBucket,
    },
  ],
  kinds: bucketKinds,
  admission: [protection()],
  connectionSecretName: bucketSecretName,
};

function protection(): AdmissionRule {
  return {
    apiVersion: 'syn.tools/v1',
    kind: 'S3Bucket',
    operations: ['DELETE'],
    refuse({ metadata: { namespace = '', name }, spec }) {
      const { parameters } = (spec ?? {}) as { parameters?: { deletionProtection?: boolean } };
      if (parameters?.deletionProtection !== true) return undefined;
      const message = `S3Bucket "${name}" in namespace "${namespace}" is protected: set spec.parameters.deletionProtection to false first`;
      return { reason: 'Forbidden', message };
    },
  };
}
