/** Databases on PostgreSQL servers: the `PostgreSQLDatabase` claim. It composes one PostgresDatabase, on every plane. */
import type { KubeObject, Schema } from '@larder/kube';
import { claimDefinition } from '../claim-definition.ts';
import type { CompositionRequest, CompositionResponse } from '../composition.ts';
import { localComposition } from '../local-composition.ts';
import { fieldAt, textOf } from '../postgresql/fields.ts';
import { extensionsSchema } from '../postgresql/schema/parameters.ts';
import type { Service } from '../service.ts';
import { isReady, sqlConditions } from '../sql/findings.ts';
import { adopt, secretName, sqlName } from '../sql/parameters.ts';
import { postgresDatabase } from '../sql/sql-definitions.ts';
import { SQL_API_VERSION, type PostgresDatabase, type PostgresDatabaseSpec } from '../sql/sql-kinds.ts';

const parametersSchema: Schema = {
  type: 'object',
  description: 'What the owner decides.',
  required: ['secretName', 'name'],
  properties: {
    secretName,
    name: {
      ...sqlName('The name of the database, exactly. It can not change.', 'database'),
    },
    owner: sqlName(
      'A role that exists and owns the database. Default: <name>_owner, which is made and can not log in.',
      'role',
    ),
    extensions: extensionsSchema,
    adopt,
    deletionPolicy: {
      type: 'string',
      enum: ['Retain', 'Delete'],
      default: 'Retain',
      description:
        'What becomes of the database when the claim is deleted: Retain keeps it with all that is in it, Delete drops it and ends its connections.',
    },
  },
  'x-kubernetes-validations': [
    {
      rule: 'self.name == oldSelf.name',
      fieldPath: '.name',
      message: 'a database can not be renamed by its claim: make another claim, or rename it in SQL and adopt it',
    },
  ],
};

const definition = claimDefinition({
  service: 'database',
  kind: 'PostgreSQLDatabase',
  description: 'A database on a PostgreSQL server.',
  composition: 'postgresql-database',
  parameters: parametersSchema,
  status: {
    type: 'object',
    description: 'What the database is at present.',
    properties: { owner: { type: 'string', description: 'The role that owns the database.' } },
  },
  columns: [
    {
      name: 'Database',
      type: 'string',
      jsonPath: '.spec.parameters.name',
      description: 'The name of the database.',
    },
    { name: 'Owner', type: 'string', jsonPath: '.status.owner', description: 'The role that owns it.' },
    {
      name: 'Server',
      type: 'string',
      jsonPath: '.spec.parameters.secretName',
      description: 'The connection secret of the server.',
    },
  ],
});

export const database: Service = {
  name: 'database',
  definition,
  compositions: [
    localComposition({
      name: 'postgresql-database',
      service: 'database',
      composite: 'XPostgreSQLDatabase',
      compose: composeDatabase,
    }),
  ],
  clusterCompositions: [],
  kinds: [postgresDatabase],
  admission: [],
  connectionSecretName: claim => `${claim}-database`,
};

export function composeDatabase({ composite, composed }: CompositionRequest): CompositionResponse {
  const found = composed.database?.resource as PostgresDatabase | undefined;
  const { name, labels } = composite.metadata;
  const resource = {
    apiVersion: SQL_API_VERSION,
    kind: 'PostgresDatabase',
    metadata: { name, labels },
    spec: databaseSpec(composite),
  };
  const owner = found?.status?.owner;
  return {
    composed: { database: { resource, ready: isReady(found) } },
    status: owner === undefined ? {} : { owner },
    conditions: sqlConditions(found, 'DatabaseReady'),
    events: [],
    requirements: {},
  };
}

function databaseSpec(composite: KubeObject): PostgresDatabaseSpec {
  const at = (path: string): unknown => fieldAt(composite, `spec.parameters.${path}`);
  const owner = textOf(at('owner'));
  return {
    connectionSecretRef: {
      namespace: textOf(fieldAt(composite, 'spec.claimRef.namespace')),
      name: textOf(at('secretName')),
    },
    name: textOf(at('name')),
    ...(owner === '' ? {} : { owner }),
    extensions: (at('extensions') as PostgresDatabaseSpec['extensions'] | undefined) ?? [],
    adopt: at('adopt') === true,
    deletionPolicy: at('deletionPolicy') === 'Delete' ? 'Delete' : 'Retain',
  };
}
