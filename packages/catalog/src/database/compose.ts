/** One PostgresDatabase for a PostgreSQLDatabase, and what its claim is told of it: the same on every plane. */
import type { KubeObject } from '@larder/kube';
import type { CompositionResponse } from '../composition.ts';
import { fieldAt, textOf } from '../postgresql/fields.ts';
import { isReady, sqlConditions } from '../sql/findings.ts';
import { SQL_API_VERSION, type PostgresDatabase, type PostgresDatabaseSpec, type SecretRef } from '../sql/sql-kinds.ts';

export interface ComposeDatabase {
  composite: KubeObject;
  /** The PostgresDatabase as it is. */
  database: KubeObject | undefined;
  connectionSecretRef: SecretRef;
}

export function composeDatabase({ composite, database, connectionSecretRef }: ComposeDatabase): CompositionResponse {
  const found = database as PostgresDatabase | undefined;
  const { name, labels } = composite.metadata;
  const resource = {
    apiVersion: SQL_API_VERSION,
    kind: 'PostgresDatabase',
    metadata: { name, labels },
    spec: databaseSpec(composite, connectionSecretRef),
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

function databaseSpec(composite: KubeObject, connectionSecretRef: SecretRef): PostgresDatabaseSpec {
  const at = (path: string): unknown => fieldAt(composite, `spec.parameters.${path}`);
  const owner = textOf(at('owner'));
  return {
    connectionSecretRef,
    name: textOf(at('name')),
    ...(owner === '' ? {} : { owner }),
    extensions: (at('extensions') as PostgresDatabaseSpec['extensions'] | undefined) ?? [],
    adopt: at('adopt') === true,
    deletionPolicy: at('deletionPolicy') === 'Delete' ? 'Delete' : 'Retain',
  };
}
