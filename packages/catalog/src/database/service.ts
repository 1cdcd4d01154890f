/** Databases on PostgreSQL servers: the `PostgreSQLDatabase` claim. It composes one PostgresDatabase, on every plane. */
import type { Schema } from '@larder/kube';
import { claimDefinition } from '../claim-definition.ts';
import { deliver } from '../cluster/deliver.ts';
import type { CompositionRequest, CompositionResponse } from '../composition.ts';
import { localComposition } from '../local-composition.ts';
import { fieldAt, textOf } from '../postgresql/fields.ts';
import { extensionsSchema } from '../postgresql/schema/parameters.ts';
import type { Service } from '../service.ts';
import { adopt, secretName, sqlName } from '../sql/parameters.ts';
import { postgresDatabase } from '../sql/sql-definitions.ts';
import { composeDatabase } from './compose.ts';
import { databaseOnCluster } from './on-cluster.ts';

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
      compose: composeLocal,
    }),
  ],
  clusterCompositions: [
    {
      name: 'postgresql-database',
      engine: 'agent',
      labels: { 'larder.dev/service': 'database', 'larder.dev/engine': 'agent' },
      compose: deliver({ engine: databaseOnCluster }),
    },
  ],
  kinds: [postgresDatabase],
  admission: [],
  connectionSecretName: claim => `${claim}-database`,
};

function composeLocal({ composite, composed }: CompositionRequest): CompositionResponse {
  const connectionSecretRef = {
    namespace: textOf(fieldAt(composite, 'spec.claimRef.namespace')),
    name: textOf(fieldAt(composite, 'spec.parameters.secretName')),
  };
  return composeDatabase({ composite, database: composed.database?.resource, connectionSecretRef });
}
