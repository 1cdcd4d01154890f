/** PostgreSQL servers: the `PostgreSQLInstance` claim and who meets it. */
import { deliver } from '../cluster/deliver.ts';
import type { ClusterEngine } from '../cluster/engine.ts';
import { localComposition } from '../local-composition.ts';
import type { ClusterComposition, InstanceEngine, Service } from '../service.ts';
import { admission } from './admission.ts';
import { withMonitoring } from './alerts/cluster.ts';
import { withoutBackups } from './backup/cluster.ts';
import { connectionSecretName } from './connection.ts';
import { definition } from './definition.ts';
import { cloudNativePg } from './engines/cloudnativepg.ts';
import { localKinds } from './engines/local-kinds.ts';
import { composeLocal } from './engines/local.ts';
import { stackGres } from './engines/stackgres.ts';

export const postgresql: Service = {
  name: 'postgresql',
  definition,
  compositions: [
    localComposition({
      name: 'postgresql',
      service: 'postgresql',
      composite: 'XPostgreSQLInstance',
      compose: composeLocal,
    }),
  ],
  clusterCompositions: [
    onCluster('postgresql', 'cloudnativepg', cloudNativePg),
    onCluster('postgresql-stackgres', 'stackgres', stackGres),
  ],
  kinds: localKinds,
  admission,
  connectionSecretName,
  lendsRights: true,
};

function onCluster(name: string, engineName: InstanceEngine, engine: ClusterEngine): ClusterComposition {
  const labels = { 'larder.dev/service': 'postgresql', 'larder.dev/engine': engineName };
  return {
    name,
    engine: engineName,
    labels,
    compose: deliver({ engine: withMonitoring(withoutBackups(engine), engineName), secretName: connectionSecretName }),
  };
}
