/** Who may do what on a cluster: exactly the kinds that are composed, and nobody is cluster-admin. */
import type { KubeObject } from '@larder/kube';

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

const all = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];

function composing(group: string, ...resources: string[]): Rule {
  return { apiGroups: [group], resources, verbs: all };
}

/** What each engine composes; `place` is what every engine does. */
export const composedKinds: Record<string, Rule[]> = {
  place: [
    composing('', 'namespaces', 'resourcequotas'),
    composing('networking.k8s.io', 'networkpolicies'),
    composing('monitoring.coreos.com', 'podmonitors', 'prometheusrules'),
  ],
  // The agent's right to read one Secret is given by who has it.
  agent: [
    composing('sql.larder.dev', 'lentservers', 'postgresdatabases', 'postgresroles'),
    composing('rbac.authorization.k8s.io', 'rolebindings', 'roles'),
  ],
  cloudnativepg: [composing('postgresql.cnpg.io', 'clusters', 'databases')],
  stackgres: [
    composing('stackgres.io', 'sgclusters', 'sgdbops', 'sginstanceprofiles', 'sgpostgresconfigs', 'sgscripts'),
    composing('cert-manager.io', 'certificates', 'issuers'),
    // The script that makes the owner carries their password.
    composing('', 'secrets'),
  ],
};

/** Added to Crossplane's own role by its aggregation. */
export function crossplaneRoles(): Record<string, KubeObject> {
  return Object.fromEntries(
    Object.entries(composedKinds).map(([name, rules]) => [
      `rbac/${name}.yaml`,
      role(`larder-crossplane-${name}`, rules, { 'rbac.crossplane.io/aggregate-to-crossplane': 'true' }),
    ]),
  );
}

/** For provider-kubernetes, where it delivers into its own cluster. */
export function providerRole(name: string): KubeObject {
  const reading = { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch'] };
  return role(name, [...Object.values(composedKinds).flat(), reading]);
}

function role(name: string, rules: Rule[], labels: Record<string, string> = {}): KubeObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, labels: { 'app.kubernetes.io/part-of': 'larder', ...labels } },
    rules,
  };
}
