/** What a pod has come to. */
import type { Schema } from '../schema.ts';
import { choice, flag, int32, int64, list, map, object, quantity, text, time } from './shapes.ts';
import { resourceRequirements } from './containers.ts';

const podCondition = object(
  {
    type: text,
    observedGeneration: int64,
    status: text,
    lastProbeTime: time,
    lastTransitionTime: time,
    reason: text,
    message: text,
  },
  ['type', 'status'],
);
const hostIP = object({ ip: text }, ['ip']);
const podIP = object({ ip: text }, ['ip']);
const containerStateWaiting = object({ reason: text, message: text });
const containerStateRunning = object({ startedAt: time });
const containerStateTerminated = object(
  { exitCode: int32, signal: int32, reason: text, message: text, startedAt: time, finishedAt: time, containerID: text },
  ['exitCode'],
);
const containerState = object({
  waiting: containerStateWaiting,
  running: containerStateRunning,
  terminated: containerStateTerminated,
});
const volumeMountStatus = object({ name: text, mountPath: text, readOnly: flag, recursiveReadOnly: text }, [
  'name',
  'mountPath',
]);
const linuxContainerUser = object({ uid: int64, gid: int64, supplementalGroups: list(int64) }, ['uid', 'gid']);
const containerUser = object({ linux: linuxContainerUser });
const resourceHealth = object({ resourceID: text, health: text, message: text }, ['resourceID']);
const resourceStatus = object({ name: text, resources: list(resourceHealth, { keys: ['resourceID'] }) }, ['name']);
const containerStatus = object(
  {
    name: text,
    state: containerState,
    lastState: containerState,
    ready: flag,
    restartCount: int32,
    image: text,
    imageID: text,
    containerID: text,
    started: flag,
    allocatedResources: map(quantity),
    resources: resourceRequirements,
    volumeMounts: list(volumeMountStatus, { keys: ['mountPath'], merge: 'mountPath' }),
    user: containerUser,
    allocatedResourcesStatus: list(resourceStatus, { keys: ['name'], merge: 'name' }),
    stopSignal: text,
  },
  ['name', 'ready', 'restartCount', 'image', 'imageID'],
);
const podResourceClaimStatus = object({ name: text, resourceClaimName: text }, ['name']);
export const podStatus: Schema = object({
  observedGeneration: int64,
  phase: choice('Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'),
  conditions: list(podCondition, { keys: ['type'], merge: 'type' }),
  message: text,
  reason: text,
  nominatedNodeName: text,
  hostIP: text,
  hostIPs: list(hostIP, { merge: 'ip' }),
  podIP: text,
  podIPs: list(podIP, { keys: ['ip'], merge: 'ip' }),
  startTime: time,
  initContainerStatuses: list(containerStatus),
  containerStatuses: list(containerStatus),
  qosClass: choice('Guaranteed', 'Burstable', 'BestEffort'),
  ephemeralContainerStatuses: list(containerStatus),
  resize: text,
  resourceClaimStatuses: list(podResourceClaimStatus, { keys: ['name'], merge: 'name', retainKeys: true }),
  allocatedResources: map(quantity),
  resources: resourceRequirements,
});
