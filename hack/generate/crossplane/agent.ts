/** `crossplane/agent/`: the kinds that the agent works on, what it may do, and its Deployment. Its image's place is for the installer to fill in. */
import { lentServer, postgresDatabase, postgresRole } from '@larder/catalog';
import type { KubeObject } from '@larder/kube';

/** Of its own: nobody else's secrets are there. */
export const AGENT_NAMESPACE = 'larder-agent';
const NAME = 'larder-agent';
const labels = { 'app.kubernetes.io/name': NAME, 'app.kubernetes.io/part-of': 'larder' };
const partOf = { 'app.kubernetes.io/part-of': 'larder' };

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

/** Everywhere: its own kinds, and to say what happened. No Secret. */
export const clusterRules: Rule[] = [
  {
    apiGroups: ['sql.larder.dev'],
    resources: ['postgresroles', 'postgresdatabases'],
    verbs: ['get', 'list', 'watch', 'patch'],
  },
  { apiGroups: ['sql.larder.dev'], resources: ['postgresroles/status', 'postgresdatabases/status'], verbs: ['update'] },
  // Credentials belong to their role, and go with it: where owners are checked, this is asked for.
  { apiGroups: ['sql.larder.dev'], resources: ['postgresroles/finalizers'], verbs: ['update'] },
  { apiGroups: ['sql.larder.dev'], resources: ['lentservers'], verbs: ['list'] },
  // Whom an event is about.
  { apiGroups: ['syn.tools'], resources: ['postgresqlusers', 'postgresqldatabases'], verbs: ['get'] },
  { apiGroups: [''], resources: ['events'], verbs: ['get', 'create', 'patch'] },
];

/** In its own namespace. */
export const ownRules: Rule[] = [
  { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch', 'create', 'update', 'patch'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
];

export function agentFiles(): Record<string, KubeObject[]> {
  return {
    'agent/kinds.yaml': [postgresRole, postgresDatabase, lentServer],
    'agent/rights.yaml': rights(),
    'agent/deployment.yaml': [deployment(), budget()],
  };
}

function rights(): KubeObject[] {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const subjects = [{ kind: 'ServiceAccount', name: NAME, namespace: AGENT_NAMESPACE }];
  const roleRef = (kind: string): object => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name: NAME });
  const own = { name: NAME, namespace: AGENT_NAMESPACE, labels: partOf };
  const restricted = Object.fromEntries(
    ['enforce', 'audit', 'warn'].map(mode => [`pod-security.kubernetes.io/${mode}`, 'restricted']),
  );
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: AGENT_NAMESPACE, labels: { ...partOf, ...restricted } } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: own },
    { apiVersion, kind: 'ClusterRole', metadata: { name: NAME, labels: partOf }, rules: clusterRules },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name: NAME, labels: partOf },
      roleRef: roleRef('ClusterRole'),
      subjects,
    },
    { apiVersion, kind: 'Role', metadata: own, rules: ownRules },
    { apiVersion, kind: 'RoleBinding', metadata: own, roleRef: roleRef('Role'), subjects },
  ];
}

function deployment(): KubeObject {
  const probe = (path: string): object => ({ httpGet: { path, port: 'health' }, periodSeconds: 10 });
  const fromField = (name: string, fieldPath: string): object => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const container = {
    name: 'agent',
    image: 'larder.example/agent:0.1.0',
    env: [fromField('POD_NAME', 'metadata.name'), fromField('POD_NAMESPACE', 'metadata.namespace')],
    ports: [{ name: 'health', containerPort: 8080 }],
    livenessProbe: probe('/healthz'),
    readinessProbe: probe('/readyz'),
    resources: { requests: { cpu: '10m', memory: '96Mi' }, limits: { memory: '256Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: NAME, namespace: AGENT_NAMESPACE, labels },
    spec: {
      replicas: 2,
      selector: { matchLabels: { 'app.kubernetes.io/name': NAME } },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: NAME,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: 'kubernetes.io/hostname',
              whenUnsatisfiable: 'ScheduleAnyway',
              labelSelector: { matchLabels: { 'app.kubernetes.io/name': NAME } },
            },
          ],
          terminationGracePeriodSeconds: 30,
          containers: [container],
        },
      },
    },
  };
}

/** One of the two may go at a time. */
function budget(): KubeObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: NAME, namespace: AGENT_NAMESPACE, labels },
    spec: { maxUnavailable: 1, selector: { matchLabels: { 'app.kubernetes.io/name': NAME } } },
  };
}
