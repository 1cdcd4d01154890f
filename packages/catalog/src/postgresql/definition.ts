/** `PostgreSQLInstance` and its composite: the XRD, the same on every plane. */
import { claimDefinition } from '../claim-definition.ts';
import { connectionSecretKeys } from './connection.ts';
import { parametersSchema } from './schema/parameters.ts';
import { rootRules } from './schema/root-rules.ts';
import { statusSchema } from './schema/status.ts';

export const definition = claimDefinition({
  service: 'postgresql',
  kind: 'PostgreSQLInstance',
  description: 'A PostgreSQL server: what it needs, and in its status what it is.',
  composition: 'postgresql',
  secretKeys: connectionSecretKeys,
  parameters: parametersSchema,
  status: statusSchema,
  rules: rootRules,
  columns: [
    {
      name: 'Version',
      type: 'string',
      jsonPath: '.status.version',
      description: 'The PostgreSQL version that runs.',
    },
    {
      name: 'Endpoint',
      type: 'string',
      jsonPath: '.status.endpoint',
      description: 'Where the server listens: host and port.',
    },
    {
      name: 'Storage',
      type: 'string',
      jsonPath: '.spec.parameters.resources.storageSize',
      description: 'The size that was asked for.',
    },
    {
      name: 'Wanted',
      type: 'string',
      jsonPath: '.spec.parameters.updatePolicy.version',
      description: 'The version that was asked for.',
      priority: 1,
    },
    {
      name: 'End-of-life',
      type: 'string',
      jsonPath: '.status.endOfLife',
      description: 'The last day on which the community supports this major version.',
      priority: 1,
    },
  ],
});
