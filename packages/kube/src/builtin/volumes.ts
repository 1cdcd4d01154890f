/** What a pod may mount. Sources that only a cloud or a storage network has are kept as they are. */
import type { Schema } from '../schema.ts';
import { atomic, choice, flag, int32, int64, list, map, object, open, quantity, text, withDefault } from './shapes.ts';
import { labelSelector, localObjectReference, templateMeta } from './meta.ts';

const hostPathVolumeSource = object(
  {
    path: text,
    type: choice('', 'DirectoryOrCreate', 'Directory', 'FileOrCreate', 'File', 'Socket', 'CharDevice', 'BlockDevice'),
  },
  ['path'],
);
const emptyDirVolumeSource = object({ medium: text, sizeLimit: quantity });
const keyToPath = object({ key: text, path: text, mode: int32 }, ['key', 'path']);
const secretVolumeSource = object({
  secretName: text,
  items: list(keyToPath),
  defaultMode: withDefault(int32, 420),
  optional: flag,
});
const nfsVolumeSource = object({ server: text, path: text, readOnly: flag }, ['server', 'path']);
const persistentVolumeClaimVolumeSource = object({ claimName: text, readOnly: flag }, ['claimName']);
export const objectFieldSelector: Schema = atomic(
  object({ apiVersion: withDefault(text, 'v1'), fieldPath: text }, ['fieldPath']),
);
export const resourceFieldSelector: Schema = atomic(
  object({ containerName: text, resource: text, divisor: quantity }, ['resource']),
);
const downwardAPIVolumeFile = object(
  { path: text, fieldRef: objectFieldSelector, resourceFieldRef: resourceFieldSelector, mode: int32 },
  ['path'],
);
const downwardAPIVolumeSource = object({ items: list(downwardAPIVolumeFile), defaultMode: withDefault(int32, 420) });
const configMapVolumeSource = object({
  name: text,
  items: list(keyToPath),
  defaultMode: withDefault(int32, 420),
  optional: flag,
});
const secretProjection = object({ name: text, items: list(keyToPath), optional: flag });
const downwardAPIProjection = object({ items: list(downwardAPIVolumeFile) });
const configMapProjection = object({ name: text, items: list(keyToPath), optional: flag });
const serviceAccountTokenProjection = object(
  { audience: text, expirationSeconds: withDefault(int64, 3600), path: text },
  ['path'],
);
const clusterTrustBundleProjection = object(
  { name: text, signerName: text, labelSelector, optional: flag, path: text },
  ['path'],
);
const podCertificateProjection = object({
  signerName: text,
  keyType: text,
  maxExpirationSeconds: int32,
  credentialBundlePath: text,
  keyPath: text,
  certificateChainPath: text,
  userAnnotations: map(text),
});
const volumeProjection = object({
  secret: secretProjection,
  downwardAPI: downwardAPIProjection,
  configMap: configMapProjection,
  serviceAccountToken: serviceAccountTokenProjection,
  clusterTrustBundle: clusterTrustBundleProjection,
  podCertificate: podCertificateProjection,
});
const projectedVolumeSource = object({ sources: list(volumeProjection), defaultMode: withDefault(int32, 420) });
const csiVolumeSource = object(
  {
    driver: text,
    readOnly: flag,
    fsType: text,
    volumeAttributes: map(text),
    nodePublishSecretRef: localObjectReference,
  },
  ['driver'],
);
const volumeResourceRequirements = object({ limits: map(quantity), requests: map(quantity) });
const typedLocalObjectReference = object({ apiGroup: text, kind: text, name: text }, ['kind', 'name']);
const typedObjectReference = object({ apiGroup: text, kind: text, name: text, namespace: text }, ['kind', 'name']);
const persistentVolumeClaimSpec = object({
  accessModes: list(choice('ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod')),
  selector: labelSelector,
  resources: volumeResourceRequirements,
  volumeName: text,
  storageClassName: text,
  volumeMode: choice('Block', 'Filesystem'),
  dataSource: typedLocalObjectReference,
  dataSourceRef: typedObjectReference,
  volumeAttributesClassName: text,
});
const persistentVolumeClaimTemplate = object({ metadata: templateMeta, spec: persistentVolumeClaimSpec }, ['spec']);
const ephemeralVolumeSource = object({ volumeClaimTemplate: persistentVolumeClaimTemplate });
const imageVolumeSource = object({ reference: text, pullPolicy: choice('Always', 'Never', 'IfNotPresent') });
export const volume: Schema = object(
  {
    name: text,
    hostPath: hostPathVolumeSource,
    emptyDir: emptyDirVolumeSource,
    gcePersistentDisk: open,
    awsElasticBlockStore: open,
    gitRepo: open,
    secret: secretVolumeSource,
    nfs: nfsVolumeSource,
    iscsi: open,
    glusterfs: open,
    persistentVolumeClaim: persistentVolumeClaimVolumeSource,
    rbd: open,
    flexVolume: open,
    cinder: open,
    cephfs: open,
    flocker: open,
    downwardAPI: downwardAPIVolumeSource,
    fc: open,
    azureFile: open,
    configMap: configMapVolumeSource,
    vsphereVolume: open,
    quobyte: open,
    azureDisk: open,
    photonPersistentDisk: open,
    projected: projectedVolumeSource,
    portworxVolume: open,
    scaleIO: open,
    storageos: open,
    csi: csiVolumeSource,
    ephemeral: ephemeralVolumeSource,
    image: imageVolumeSource,
  },
  ['name'],
);
