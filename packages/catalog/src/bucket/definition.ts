/** `S3Bucket` and its composite: the XRD, the same on every plane. */
import type { ValidationRule } from '@larder/kube';
import type { CompositeResourceDefinition } from '../service.ts';
import { bucketSecretKeys } from './connection.ts';

const nameRemedy =
  'the name of a claim has at most 38 characters, lower-case letters, digits and hyphens, starts with a letter and ends with a letter or digit: choose another name';

const name: ValidationRule = {
  rule: "self.kind != 'S3Bucket' || self.metadata.name.matches('^[a-z]([-a-z0-9]{0,36}[a-z0-9])?$')",
  fieldPath: '.metadata.name',
  messageExpression: `'"' + self.metadata.name + '": ${nameRemedy}'`,
  message: nameRemedy,
};

export const bucketDefinition: CompositeResourceDefinition = {
  apiVersion: 'apiextensions.crossplane.io/v1',
  kind: 'CompositeResourceDefinition',
  metadata: { name: 'xs3buckets.syn.tools', labels: { 'larder.dev/service': 'bucket' } },
  spec: {
    group: 'syn.tools',
    names: { kind: 'XS3Bucket', plural: 'xs3buckets' },
    claimNames: { kind: 'S3Bucket', plural: 's3buckets' },
    connectionSecretKeys: bucketSecretKeys,
    defaultCompositionRef: { name: 's3bucket' },
    defaultCompositeDeletePolicy: 'Foreground',
    versions: [
      {
        name: 'v1',
        served: true,
        referenceable: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            description: 'A bucket with credentials of its own, on an S3 server.',
            'x-kubernetes-validations': [name],
            properties: {
              spec: {
                type: 'object',
                properties: {
                  parameters: {
                    type: 'object',
                    properties: {
                      deletionProtection: {
                        type: 'boolean',
                        default: false,
                        description:
                          'While it is true, neither the claim nor its namespace can be deleted. Deleting a bucket deletes all that is in it.',
                      },
                    },
                  },
                },
              },
              status: {
                type: 'object',
                description: 'What the bucket is at present.',
                properties: {
                  bucketName: { type: 'string', description: 'The name of the bucket on its server.' },
                  endpoint: { type: 'string', description: 'The URL of its server.' },
                },
              },
            },
          },
        },
        additionalPrinterColumns: [
          { name: 'Bucket', type: 'string', jsonPath: '.status.bucketName', description: 'Its name on its server.' },
          { name: 'Endpoint', type: 'string', jsonPath: '.status.endpoint', description: 'The URL of its server.' },
        ],
      },
    ],
  },
};
