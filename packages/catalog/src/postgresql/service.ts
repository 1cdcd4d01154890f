/** PostgreSQL servers: the `PostgreSQLInstance` claim and who meets it. */
import type { KubeObject } from '@larder/kube';
import { deliver } from '../cluster/deliver.ts';
import type { ClusterEngine } from '../cluster/engine.ts';
import type { ClusterComposition, Service, ServiceComposition } from '../service.ts';
import { admission } from './admission.ts';
import { connectionSecretName } from './connection.ts';
import { definition } from './definition.ts';
import { cloudNativePg } from './engines/cloudnativepg.ts';
import { localKinds } from './engines/local-kinds.ts';
import { composeLocal } from './engines/local.ts';

export const postgresql: Service = {
  name: 'postgresql',
  definition,
  compositions: [local()],
  clusterCompositions: [onCluster('postgresql', 'cloudnativepg', cloudNativePg)],
  kinds: localKinds,
  admission,
  connectionSecretName,
};

function local(): ServiceComposition {
  const name = 'postgresql';
  const labels = { 'larder.dev/service': 'postgresql', 'larder.dev/engine': 'local' };
  return { name, engine: 'local', labels, resource: compositionObject(name, labels), compose: composeLocal };
}

function onCluster(name: string, engineName: ClusterComposition['engine'], engine: ClusterEngine): ClusterComposition {
  const labels = { 'larder.dev/service': 'postgresql', 'larder.dev/engine': engineName };
  return { name, engine: engineName, labels, compose: deliver({ engine, secretName: connectionSecretName }) };
}

function compositionObject(name: string, labels: Record<string, string>): KubeObject {
  return {
    apiVersion: 'apiextensions.crossplane.io/v1',
    kind: 'Composition',
    metadata: { name, labels },
    spec: {
      compositeTypeRef: { apiVersion: 'syn.tools/v1', kind: 'XPostgreSQLInstance' },
      mode: 'Pipeline',
      pipeline: [{ step: 'compose', functionRef: { name: 'larder' } }],
      writeConnectionSecretsToNamespace: 'larder-system',
    },
  };
}
