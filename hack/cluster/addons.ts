/** What every cluster brings and ours must be given: names (CoreDNS) and a default storage class. */
import type { HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { DNS_SERVICE, REGISTRY } from './addresses.ts';
import { coredns } from './images/catalog.ts';
import { PROVISIONER, STORAGE_CLASS } from './provisioner.ts';
import { until } from './until.ts';

/** Folders on the node, by provisioner.ts. They can't grow. */
const storageClass: KubeObject = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: STORAGE_CLASS, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: PROVISIONER,
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'Immediate',
};

export async function ensureAddons(client: HttpClient): Promise<void> {
  for (const object of [storageClass, ...dns()]) await apply(client, object);
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'kube-system', name: 'coredns' };
  const isReady = async (): Promise<boolean> => {
    const found = await client.find(ref);
    return ((found?.status as { readyReplicas?: number } | undefined)?.readyReplicas ?? 0) > 0;
  };
  await until('CoreDNS', isReady, { seconds: 300, look: 'kubectl describe pods --namespace kube-system' });
}

async function apply(client: HttpClient, object: KubeObject): Promise<void> {
  const { apiVersion, kind, metadata } = object;
  const ref = { apiVersion, kind, name: metadata.name, namespace: metadata.namespace };
  await client.patch(ref, { type: 'apply', body: object, force: true }, { fieldManager: 'larder-test-cluster' });
}

/** No forwarding: the node has no way out, and an answer "there is no such name" beats a time-out. */
const corefile = `.:53 {
  errors
  ready
  kubernetes cluster.local in-addr.arpa {
    pods insecure
    ttl 5
  }
}
`;

function dns(): KubeObject[] {
  const metadata = { name: 'coredns', namespace: 'kube-system' };
  const labels = { app: 'coredns' };
  const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'coredns' };
  const rules = [
    { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
  ];
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'coredns' }, rules },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'coredns' },
      roleRef: role,
      subjects: [{ kind: 'ServiceAccount', ...metadata }],
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { Corefile: corefile } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...metadata, name: 'kube-dns' },
      spec: {
        clusterIP: DNS_SERVICE,
        selector: labels,
        ports: ['UDP', 'TCP'].map(protocol => ({ name: `dns-${protocol.toLowerCase()}`, port: 53, protocol })),
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: dnsPod() } },
    },
  ];
}

function dnsPod(): object {
  return {
    serviceAccountName: 'coredns',
    dnsPolicy: 'Default',
    containers: [
      {
        name: 'coredns',
        image: `${REGISTRY}/${coredns.name}:${coredns.tag}`,
        args: ['-conf', '/etc/coredns/Corefile'],
        // Port 53 is for those who may bind low ports, and a binary without file capabilities may only as root.
        securityContext: { runAsUser: 0, capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] } },
        readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 2 },
        volumeMounts: [{ name: 'configuration', mountPath: '/etc/coredns' }],
      },
    ],
    volumes: [{ name: 'configuration', configMap: { name: 'coredns' } }],
  };
}
