/** Configuration files of the node's programs, as text. */
import { join } from 'node:path';
import { BRIDGE, DNS_SERVICE, POD_RANGE, REGISTRY, REGISTRY_PORT } from './addresses.ts';
import type { Place } from './place.ts';

/** Below every controller's root; kubelet puts all pods here, and `down` removes it. */
export const CGROUP = 'larder-cluster';

/** Names whose images our registry serves: itself, and those that manifests in service/ and test/ use. */
const SERVED = [REGISTRY, 'larder.dev'];

/** Where each program finds its file, below the place's folder. */
export function configurationFiles(place: Place): Record<string, string> {
  return {
    'configuration/containerd.toml': containerd(place),
    'configuration/cni/10-larder.conflist': JSON.stringify(network, null, 2),
    'configuration/kubelet.json': JSON.stringify(kubelet(place), null, 2),
    'configuration/registry.json': JSON.stringify(registry(place), null, 2),
    ...Object.fromEntries(SERVED.map(name => [`configuration/certs.d/${name}/hosts.toml`, hosts])),
  };
}

function containerd({ folder }: Place): string {
  return `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  # A machine may lack CAP_SYS_RESOURCE: without this no container starts there.
  restrict_oom_score_adj = true
  sandbox_image = "${REGISTRY}/pause:1"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${join(folder, 'configuration/cni')}"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "${join(folder, 'configuration/certs.d')}"
`;
}

const hosts = `server = "http://${REGISTRY}"
[host."http://${REGISTRY}"]
  capabilities = ["pull", "resolve"]
`;

const network = {
  cniVersion: '0.4.0',
  name: 'larder',
  plugins: [
    {
      type: 'bridge',
      bridge: BRIDGE,
      isGateway: true,
      ipMasq: true,
      hairpinMode: true,
      ipam: { type: 'host-local', ranges: [[{ subnet: POD_RANGE }]], routes: [{ dst: '0.0.0.0/0' }] },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
};

function kubelet({ keys }: Place): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      x509: { clientCAFile: join(keys, 'ca.crt') },
      webhook: { enabled: true },
      anonymous: { enabled: false },
    },
    authorization: { mode: 'Webhook' },
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${CGROUP}`,
    clusterDNS: [DNS_SERVICE],
    clusterDomain: 'cluster.local',
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    // The node has no way out of itself, so the machine's name servers are of no use in it.
    resolvConf: '',
    failSwapOn: false,
    failCgroupV1: false,
    // A node that shares its disk with everything else on the machine must not drain itself because of that.
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    serializeImagePulls: false,
  };
}

function registry({ folder }: Place): object {
  return {
    version: '0.1',
    log: { level: 'warn' },
    storage: { filesystem: { rootdirectory: join(folder, 'registry') }, delete: { enabled: true } },
    http: { addr: `0.0.0.0:${REGISTRY_PORT}` },
  };
}
