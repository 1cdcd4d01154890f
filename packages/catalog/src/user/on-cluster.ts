/** A PostgreSQLUser on a cluster: a PostgresRole, which the agent reconciles, with a copy of its server's connection secret. */
import type { ClusterEngine, CredentialSource, EngineRequest, EngineResponse } from '../cluster/engine.ts';
import { AGENT } from '../cluster/lending.ts';
import { userDetails } from '../postgresql/connection.ts';
import { fieldAt } from '../postgresql/fields.ts';
import { composeOnCluster, serverName, serverRequirement, serverSecretRef } from '../sql/on-cluster.ts';
import { composeUser } from './compose.ts';

/** What the agent writes of a login. */
const published = ['endpoint', 'port', 'username', 'password', 'database', 'sslmode', 'ca.crt'];

export const userOnCluster: ClusterEngine = {
  names: [serverName, 'role'],
  direct: [serverName],
  holdsData: 'role',
  usages: [],
  credentials: ({ metadata }) => {
    const from = { namespace: AGENT, secret: `${metadata.name}-login` };
    return Object.fromEntries(published.map((field): [string, CredentialSource] => [field, { ...from, field }]));
  },
  // The agent says who logs in after it has written how.
  hasCredentials: role => fieldAt(role.status, 'username') !== undefined,
  requires: serverRequirement,
  compose: request => composeOnCluster(request, { kind: 'PostgresRole', readyType: 'RoleReady', compose }),
};

function compose({ composite, composed, credentials }: EngineRequest): EngineResponse {
  const { requirements: _none, ...answer } = composeUser({
    composite,
    role: composed.role?.resource,
    connectionSecretRef: serverSecretRef(composite),
    writeConnectionSecretToRef: { namespace: AGENT, name: `${composite.metadata.name}-login` },
    details: userDetails(credentials),
  });
  return answer;
}
