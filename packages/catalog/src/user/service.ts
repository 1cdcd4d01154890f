/** Logins on PostgreSQL servers: the `PostgreSQLUser` claim. It composes one PostgresRole, on every plane. */
import { deliver } from '../cluster/deliver.ts';
import type { CompositionRequest, CompositionResponse } from '../composition.ts';
import { claimDefinition } from '../claim-definition.ts';
import { localComposition } from '../local-composition.ts';
import { userDetails, userSecretKeys } from '../postgresql/connection.ts';
import { fieldAt, textOf } from '../postgresql/fields.ts';
import type { Service } from '../service.ts';
import { postgresRole } from '../sql/sql-definitions.ts';
import { composeUser } from './compose.ts';
import { userOnCluster } from './on-cluster.ts';
import { parametersSchema } from './parameters.ts';
import { userByProviderSql } from './provider-sql.ts';

export { ROTATE_ANNOTATION } from './compose.ts';

const definition = claimDefinition({
  service: 'user',
  kind: 'PostgreSQLUser',
  description: 'A login on a PostgreSQL server, and what it may do there.',
  composition: 'postgresql-user',
  secretKeys: userSecretKeys,
  parameters: parametersSchema,
  status: {
    type: 'object',
    description: 'What the user is at present.',
    properties: {
      username: { type: 'string', description: 'Who logs in now. With rotation it changes with the password.' },
      rotation: {
        type: 'object',
        properties: {
          last: { type: 'string', description: 'When the password last changed.' },
          next: { type: 'string', description: 'When it changes next.' },
        },
      },
    },
  },
  columns: [
    { name: 'Username', type: 'string', jsonPath: '.status.username', description: 'Who logs in now.' },
    {
      name: 'Server',
      type: 'string',
      jsonPath: '.spec.parameters.secretName',
      description: 'The connection secret of the server.',
    },
  ],
});

export const user: Service = {
  name: 'user',
  definition,
  compositions: [
    localComposition({ name: 'postgresql-user', service: 'user', composite: 'XPostgreSQLUser', compose: composeLocal }),
  ],
  clusterCompositions: [
    {
      name: 'postgresql-user',
      engine: 'agent',
      labels: { 'larder.dev/service': 'user', 'larder.dev/engine': 'agent' },
      compose: deliver({ engine: userOnCluster, secretName }),
    },
    {
      name: 'postgresql-user-provider-sql',
      engine: 'provider-sql',
      labels: { 'larder.dev/service': 'user', 'larder.dev/engine': 'provider-sql' },
      compose: deliver({ engine: userByProviderSql, secretName }),
    },
  ],
  kinds: [postgresRole],
  admission: [],
  connectionSecretName: secretName,
};

function secretName(claim: string): string {
  return `${claim}-credentials`;
}

function composeLocal({ composite, composed }: CompositionRequest): CompositionResponse {
  const { name } = composite.metadata;
  return composeUser({
    composite,
    role: composed.role?.resource,
    connectionSecretRef: {
      namespace: textOf(fieldAt(composite, 'spec.claimRef.namespace')),
      name: textOf(fieldAt(composite, 'spec.parameters.secretName')),
    },
    writeConnectionSecretToRef: { namespace: 'larder-system', name: `${name}-credentials` },
    details: userDetails(composed.role?.connectionDetails ?? {}),
  });
}
