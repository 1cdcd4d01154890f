/**
 * Volumes as folders on the node, for claims of the class `folders`: `tsx provisioner.ts KUBECONFIG FOLDER`, where FOLDER is what the node has
 * as /var/lib/volumes. They are of the kind `local`, which kubelet gives to the pod's group; folders of the kind `hostPath` stay root's, and
 * PostgreSQL can't write to them.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { httpClient, lineLogger, loadConnection, refOfKey, runController } from '@larder/controller';
import type { Client, KubeObject } from '@larder/kube';
import { NODE_NAME } from './addresses.ts';

export const PROVISIONER = 'larder.dev/folders';
export const STORAGE_CLASS = 'folders';

const IN_NODE = '/var/lib/volumes';
const PVC = { apiVersion: 'v1', kind: 'PersistentVolumeClaim' };
const PV = { apiVersion: 'v1', kind: 'PersistentVolume' };

interface VolumeSpec {
  storageClassName?: string;
  claimRef?: { namespace: string; name: string; uid: string };
  local?: { path: string };
}

/** The volume that a claim asks for; `undefined` when it is another's business or has one. */
export function planVolume(claim: KubeObject): KubeObject | undefined {
  const { storageClassName, volumeName, accessModes, resources } = claim.spec as {
    storageClassName?: string;
    volumeName?: string;
    accessModes: string[];
    resources: { requests: { storage: string } };
  };
  if (storageClassName !== STORAGE_CLASS || volumeName || claim.metadata.deletionTimestamp) return undefined;
  const { namespace, name, uid } = claim.metadata;
  const onTheNode = { key: 'kubernetes.io/hostname', operator: 'In', values: [NODE_NAME] };
  const volume = `pvc-${uid}`;
  return {
    ...PV,
    metadata: { name: volume, annotations: { 'pv.kubernetes.io/provisioned-by': PROVISIONER } },
    spec: {
      storageClassName,
      accessModes,
      capacity: { storage: resources.requests.storage },
      persistentVolumeReclaimPolicy: 'Delete',
      claimRef: { ...PVC, namespace, name, uid },
      local: { path: join(IN_NODE, volume) },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [onTheNode] }] } },
    },
  };
}

async function provide(client: Client, folder: string, key: string): Promise<void> {
  const claim = await client.find(refOfKey(PVC, key));
  const volume = claim && planVolume(claim);
  if (!volume || (await client.find({ ...PV, name: volume.metadata.name }))) return;
  mkdirSync(join(folder, volume.metadata.name), { recursive: true, mode: 0o770 });
  await client.create(volume);
}

/** A volume whose claim is gone goes with all that is in it. */
async function collect(client: Client, folder: string, key: string): Promise<void> {
  const volume = await client.find({ ...PV, name: key });
  const { storageClassName, local } = (volume?.spec ?? {}) as VolumeSpec;
  const { phase } = (volume?.status ?? {}) as { phase?: string };
  if (storageClassName !== STORAGE_CLASS || phase !== 'Released' || !local?.path.startsWith(`${IN_NODE}/pvc-`)) return;
  rmSync(join(folder, basename(local.path)), { recursive: true, force: true });
  await client.delete({ ...PV, name: key });
}

if (process.argv[1] === import.meta.filename) {
  const [kubeconfig = '', folder = ''] = process.argv.slice(2);
  const client = httpClient(await loadConnection(kubeconfig));
  const log = lineLogger({ write: text => process.stdout.write(text) });
  const common = { client, concurrency: 2, log, signal: new AbortController().signal };
  const reconcile = (does: typeof provide) => (key: string) => does(client, folder, key);
  runController({ ...common, name: 'provide', watches: [{ kind: PVC }], reconcile: reconcile(provide) });
  runController({ ...common, name: 'collect', watches: [{ kind: PV }], reconcile: reconcile(collect) });
}
