/** `spec.parameters.alerts` of a PostgreSQLInstance. */
import type { Schema } from '@larder/kube';
import { shaped } from '../schema/rules.ts';

function secretKey(description: string): Schema {
  return {
    type: 'object',
    description,
    required: ['name', 'key'],
    properties: {
      name: shaped({
        description: 'The name of the secret, in the namespace of the claim.',
        pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$',
        maxLength: 253,
        remedy: 'no name of a secret: write it in lower-case letters, digits, - and .',
      }),
      key: shaped({
        description: 'The key in its data.',
        pattern: '^[-._a-zA-Z0-9]+$',
        maxLength: 253,
        remedy: 'no key of a secret: write it in letters, digits, -, _ and .',
      }),
    },
  };
}

const receiver: Schema = {
  type: 'object',
  required: ['name'],
  'x-kubernetes-validations': [
    {
      rule: 'has(self.url) != has(self.urlSecretRef)',
      fieldPath: '.url',
      message: 'must be there or urlSecretRef, and not both: write where the alerts are sent to in one of them',
    },
  ],
  properties: {
    name: shaped({
      description: 'What the receiver is called in the status.',
      pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
      maxLength: 63,
      remedy: 'no name: write it in lower-case letters, digits and -, such as chat',
    }),
    url: shaped({
      description: 'Where alerts are sent to: an http or https URL without credentials.',
      pattern: '^https?://[^/?#@ ]+([/?#][^ ]*)?$',
      maxLength: 2048,
      remedy:
        'no URL of a receiver: write one such as https://alerts.example.com/hook; put one with credentials into urlSecretRef',
    }),
    urlSecretRef: secretKey('A secret that has the URL, where that is a secret itself.'),
    authorization: {
      type: 'object',
      description: 'The header Authorization that is sent along.',
      required: ['credentialsSecretRef'],
      properties: {
        type: {
          ...shaped({
            description: 'Its scheme.',
            pattern: '^[A-Za-z][A-Za-z0-9-]*$',
            maxLength: 32,
            remedy: 'no scheme: write one such as Bearer or Basic',
          }),
          default: 'Bearer',
        },
        credentialsSecretRef: secretKey('A secret that has what follows the scheme.'),
      },
    },
    sendResolved: { type: 'boolean', default: true, description: 'Whether it is told too when an alert is over.' },
  },
};

export const alertsSchema: Schema = {
  type: 'object',
  description: 'Who is told when something is wrong with the instance. docs/runbooks has the list of what that can be.',
  properties: {
    enabled: { type: 'boolean', default: false, description: 'Whether alerts are raised.' },
    receivers: {
      type: 'array',
      maxItems: 8,
      items: receiver,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      description: 'Webhooks that get alerts in the format of Alertmanager. The claim itself shows them in any case.',
    },
  },
};
