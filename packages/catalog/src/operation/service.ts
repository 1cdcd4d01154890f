/** Operations: the `PostgreSQLOperation` claim and who meets it. */
import { localComposition } from '../local-composition.ts';
import type { Service } from '../service.ts';
import { operationDefinition } from './definition.ts';
import { drillKind } from '../postgresql/drill/drill-kind.ts';
import { composeOperation } from './local.ts';
import { backupKind } from './postgres-backup.ts';

export const operation: Service = {
  name: 'operation',
  definition: operationDefinition,
  compositions: [
    localComposition({
      name: 'postgresql-operation',
      service: 'operation',
      composite: 'XPostgreSQLOperation',
      compose: composeOperation,
    }),
  ],
  clusterCompositions: [],
  kinds: [backupKind, drillKind],
  admission: [],
  connectionSecretName: claim => `${claim}-operation`,
};
