/** The programs that make the node a cluster: their command lines, in the order in which they start. */
import { join } from 'node:path';
import { API_PORT, ETCD, NODE_ADDRESS, NODE_NAME, POD_RANGE, SERVICE_RANGE } from './addresses.ts';
import { program } from './place.ts';
import type { Place } from './place.ts';

export interface Component {
  name: string;
  command: string[];
}

/** What runs before there is an API. */
export function foundation(place: Place): Component[] {
  return [
    { name: 'registry', command: ['docker-registry', 'serve', join(place.folder, 'configuration/registry.json')] },
    { name: 'etcd', command: etcd() },
    { name: 'kube-apiserver', command: apiserver(place) },
    { name: 'containerd', command: ['containerd', '--config', join(place.folder, 'configuration/containerd.toml')] },
  ];
}

/** What needs the API. */
export function control(place: Place): Component[] {
  return [
    { name: 'kube-controller-manager', command: controllerManager(place) },
    { name: 'kube-scheduler', command: [program('kube-scheduler'), ...kubeconfig(place), '--leader-elect=false'] },
    { name: 'kube-proxy', command: proxy(place) },
    { name: 'kubelet', command: kubelet(place) },
  ];
}

function etcd(): string[] {
  return [
    program('etcd'),
    '--data-dir=/var/lib/etcd',
    `--listen-client-urls=${ETCD}`,
    `--advertise-client-urls=${ETCD}`,
    '--listen-peer-urls=http://127.0.0.1:2380',
    '--initial-advertise-peer-urls=http://127.0.0.1:2380',
    '--initial-cluster=default=http://127.0.0.1:2380',
    // This cluster is for tests: nobody misses it after a power cut.
    '--unsafe-no-fsync',
  ];
}

function apiserver({ keys }: Place): string[] {
  const key = (name: string): string => join(keys, name);
  return [
    program('kube-apiserver'),
    `--etcd-servers=${ETCD}`,
    '--bind-address=0.0.0.0',
    `--secure-port=${API_PORT}`,
    `--advertise-address=${NODE_ADDRESS}`,
    '--endpoint-reconciler-type=lease',
    `--service-cluster-ip-range=${SERVICE_RANGE}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${key('accounts.pub')}`,
    `--service-account-signing-key-file=${key('accounts.key')}`,
    `--client-ca-file=${key('ca.crt')}`,
    `--tls-cert-file=${key('server.crt')}`,
    `--tls-private-key-file=${key('server.key')}`,
    `--kubelet-client-certificate=${key('kubelet-client.crt')}`,
    `--kubelet-client-key=${key('kubelet-client.key')}`,
    '--kubelet-preferred-address-types=InternalIP',
    '--authorization-mode=Node,RBAC',
    '--allow-privileged=true',
    '--cert-dir=/run/kube-apiserver',
  ];
}

function controllerManager(place: Place): string[] {
  const key = (name: string): string => join(place.keys, name);
  return [
    program('kube-controller-manager'),
    ...kubeconfig(place),
    `--service-account-private-key-file=${key('accounts.key')}`,
    `--root-ca-file=${key('ca.crt')}`,
    `--cluster-signing-cert-file=${key('ca.crt')}`,
    `--cluster-signing-key-file=${key('ca.key')}`,
    '--use-service-account-credentials=true',
    '--allocate-node-cidrs=false',
    '--leader-elect=false',
    '--cert-dir=/run/kube-controller-manager',
  ];
}

function proxy(place: Place): string[] {
  return [
    program('kube-proxy'),
    ...kubeconfig(place),
    `--hostname-override=${NODE_NAME}`,
    '--proxy-mode=iptables',
    `--cluster-cidr=${POD_RANGE}`,
    // Limits of the machine's kernel, which a node with a network of its own can't set.
    '--conntrack-max-per-core=0',
    '--conntrack-tcp-timeout-established=0s',
    '--conntrack-tcp-timeout-close-wait=0s',
  ];
}

function kubelet({ folder, keys }: Place): string[] {
  return [
    program('kubelet'),
    `--config=${join(folder, 'configuration/kubelet.json')}`,
    `--kubeconfig=${join(keys, 'kubelet.kubeconfig')}`,
    `--hostname-override=${NODE_NAME}`,
    `--node-ip=${NODE_ADDRESS}`,
  ];
}

function kubeconfig({ keys }: Place): string[] {
  return [`--kubeconfig=${join(keys, 'admin.kubeconfig')}`];
}
