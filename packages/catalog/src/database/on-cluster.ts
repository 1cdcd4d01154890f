/** A PostgreSQLDatabase on a cluster: a PostgresDatabase, which the agent reconciles, with a copy of its server's connection secret. */
import type { ClusterEngine, EngineRequest, EngineResponse } from '../cluster/engine.ts';
import { composeOnCluster, serverName, serverRequirement, serverSecretRef } from '../sql/on-cluster.ts';
import { composeDatabase } from './compose.ts';

export const databaseOnCluster: ClusterEngine = {
  names: [serverName, 'database'],
  direct: [serverName],
  holdsData: 'database',
  usages: [],
  credentials: () => ({}),
  requires: serverRequirement,
  compose: request => composeOnCluster(request, { kind: 'PostgresDatabase', readyType: 'DatabaseReady', compose }),
};

function compose({ composite, composed }: EngineRequest): EngineResponse {
  const { requirements: _none, ...answer } = composeDatabase({
    composite,
    database: composed.database?.resource,
    connectionSecretRef: serverSecretRef(composite),
  });
  return answer;
}
