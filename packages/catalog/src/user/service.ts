/** Logins on PostgreSQL servers: the `PostgreSQLUser` claim. It composes one PostgresRole, on every plane. */
import type { CompositionRequest, CompositionResponse } from '../composition.ts';
import { claimDefinition } from '../claim-definition.ts';
import { localComposition } from '../local-composition.ts';
import { userDetails, userSecretKeys } from '../postgresql/connection.ts';
import { fieldAt, textOf } from '../postgresql/fields.ts';
import type { Service } from '../service.ts';
import { isReady, sqlConditions } from '../sql/findings.ts';
import { postgresRole } from '../sql/sql-definitions.ts';
import { SQL_API_VERSION, type PostgresRole, type PostgresRoleSpec } from '../sql/sql-kinds.ts';
import { parametersSchema, readUserParameters } from './parameters.ts';

/** A new text asks for a new password now. */
export const ROTATE_ANNOTATION = 'larder.dev/rotate';

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
    localComposition({ name: 'postgresql-user', service: 'user', composite: 'XPostgreSQLUser', compose: composeUser }),
  ],
  clusterCompositions: [],
  kinds: [postgresRole],
  admission: [],
  connectionSecretName: claim => `${claim}-credentials`,
};

export function composeUser({ composite, composed }: CompositionRequest): CompositionResponse {
  const role = composed.role?.resource as PostgresRole | undefined;
  const { username, rotation } = role?.status ?? {};
  const { name, labels } = composite.metadata;
  const resource = {
    apiVersion: SQL_API_VERSION,
    kind: 'PostgresRole',
    metadata: { name, labels },
    spec: roleSpec(composite),
  };
  return {
    composed: { role: { resource, ready: isReady(role) } },
    status: {
      ...(username === undefined ? {} : { username }),
      ...(rotation ? { rotation: { last: rotation.last, ...(rotation.next && { next: rotation.next }) } } : {}),
    },
    // The role says that it is there after its secret is: published before, both would be written twice.
    connectionDetails: username === undefined ? undefined : userDetails(composed.role?.connectionDetails ?? {}),
    conditions: sqlConditions(role, 'RoleReady'),
    events: [],
    requirements: {},
  };
}

function roleSpec(composite: CompositionRequest['composite']): PostgresRoleSpec {
  const { secretName, ...wanted } = readUserParameters(composite);
  const request = composite.metadata.annotations?.[ROTATE_ANNOTATION];
  return {
    ...wanted,
    connectionSecretRef: { namespace: textOf(fieldAt(composite, 'spec.claimRef.namespace')), name: secretName },
    ...(request === undefined ? {} : { rotationRequest: request }),
    writeConnectionSecretToRef: { namespace: 'larder-system', name: `${composite.metadata.name}-credentials` },
  };
}
