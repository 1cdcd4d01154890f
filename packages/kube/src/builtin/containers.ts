/** A container of a pod, with what it runs, sees and is asked. */
import type { Schema } from '../schema.ts';
import {
  atomic,
  choice,
  flag,
  int32,
  int64,
  intOrString,
  list,
  map,
  object,
  quantity,
  text,
  withDefault,
} from './shapes.ts';
import { objectFieldSelector, resourceFieldSelector } from './volumes.ts';

const containerPort = object(
  {
    name: text,
    hostPort: int32,
    containerPort: int32,
    protocol: withDefault(choice('TCP', 'UDP', 'SCTP'), 'TCP'),
    hostIP: text,
  },
  ['containerPort'],
);
const configMapEnvSource = object({ name: text, optional: flag });
const secretEnvSource = object({ name: text, optional: flag });
const envFromSource = object({ prefix: text, configMapRef: configMapEnvSource, secretRef: secretEnvSource });
const configMapKeySelector = atomic(object({ name: text, key: text, optional: flag }, ['key']));
const secretKeySelector = atomic(object({ name: text, key: text, optional: flag }, ['key']));
const fileKeySelector = atomic(
  object({ volumeName: text, path: text, key: text, optional: flag }, ['volumeName', 'path', 'key']),
);
const envVarSource = object({
  fieldRef: objectFieldSelector,
  resourceFieldRef: resourceFieldSelector,
  configMapKeyRef: configMapKeySelector,
  secretKeyRef: secretKeySelector,
  fileKeyRef: fileKeySelector,
});
const envVar = object({ name: text, value: text, valueFrom: envVarSource }, ['name']);
const resourceClaim = object({ name: text, request: text }, ['name']);
export const resourceRequirements: Schema = object({
  limits: map(quantity),
  requests: map(quantity),
  claims: list(resourceClaim, { keys: ['name'] }),
});
const containerResizePolicy = object({ resourceName: text, restartPolicy: text }, ['resourceName', 'restartPolicy']);
const containerRestartRuleOnExitCodes = object({ operator: text, values: list(int32, { set: true }) });
const containerRestartRule = object({ action: text, exitCodes: containerRestartRuleOnExitCodes });
const volumeMount = object(
  {
    name: text,
    readOnly: flag,
    recursiveReadOnly: text,
    mountPath: text,
    subPath: text,
    mountPropagation: choice('None', 'HostToContainer', 'Bidirectional'),
    subPathExpr: text,
  },
  ['name', 'mountPath'],
);
const volumeDevice = object({ name: text, devicePath: text }, ['name', 'devicePath']);
const execAction = object({ command: list(text) });
const httpHeader = object({ name: text, value: text }, ['name', 'value']);
const httpGetAction = object(
  {
    path: withDefault(text, '/'),
    port: intOrString,
    host: text,
    scheme: withDefault(choice('HTTP', 'HTTPS'), 'HTTP'),
    httpHeaders: list(httpHeader),
  },
  ['port'],
);
const tcpSocketAction = object({ port: intOrString, host: text }, ['port']);
const grpcAction = object({ port: int32, service: text, mode: choice('Plaintext', 'TLS') }, ['port']);
const probe = object({
  exec: execAction,
  httpGet: httpGetAction,
  tcpSocket: tcpSocketAction,
  grpc: grpcAction,
  initialDelaySeconds: int32,
  timeoutSeconds: withDefault(int32, 1),
  periodSeconds: withDefault(int32, 10),
  successThreshold: withDefault(int32, 1),
  failureThreshold: withDefault(int32, 3),
  terminationGracePeriodSeconds: int64,
});
const sleepAction = object({ seconds: int64 }, ['seconds']);
const lifecycleHandler = object({
  exec: execAction,
  httpGet: httpGetAction,
  tcpSocket: tcpSocketAction,
  sleep: sleepAction,
});
const lifecycle = object({ postStart: lifecycleHandler, preStop: lifecycleHandler, stopSignal: text });
const capabilities = object({ add: list(text), drop: list(text) });
export const seLinuxOptions: Schema = object({ user: text, role: text, type: text, level: text });
export const windowsSecurityContextOptions: Schema = object({
  gmsaCredentialSpecName: text,
  gmsaCredentialSpec: text,
  runAsUserName: text,
  hostProcess: flag,
});
export const seccompProfile: Schema = object(
  { type: choice('Unconfined', 'RuntimeDefault', 'Localhost'), localhostProfile: text },
  ['type'],
);
export const appArmorProfile: Schema = object(
  { type: choice('Unconfined', 'RuntimeDefault', 'Localhost'), localhostProfile: text },
  ['type'],
);
const securityContext = object({
  capabilities,
  privileged: flag,
  seLinuxOptions,
  windowsOptions: windowsSecurityContextOptions,
  runAsUser: int64,
  runAsGroup: int64,
  runAsNonRoot: flag,
  readOnlyRootFilesystem: flag,
  allowPrivilegeEscalation: flag,
  procMount: choice('Default', 'Unmasked'),
  seccompProfile,
  appArmorProfile,
});
const containerFields = {
  name: text,
  image: text,
  command: list(text),
  args: list(text),
  workingDir: text,
  ports: list(containerPort, { keys: ['containerPort', 'protocol'], merge: 'containerPort' }),
  envFrom: list(envFromSource),
  env: list(envVar, { keys: ['name'], merge: 'name' }),
  resources: withDefault(resourceRequirements, {}),
  resizePolicy: list(containerResizePolicy),
  restartPolicy: text,
  restartPolicyRules: list(containerRestartRule),
  volumeMounts: list(volumeMount, { keys: ['mountPath'], merge: 'mountPath' }),
  volumeDevices: list(volumeDevice, { keys: ['devicePath'], merge: 'devicePath' }),
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  lifecycle,
  terminationMessagePath: withDefault(text, '/dev/termination-log'),
  terminationMessagePolicy: withDefault(choice('File', 'FallbackToLogsOnError'), 'File'),
  imagePullPolicy: choice('Always', 'IfNotPresent', 'Never'),
  securityContext,
  stdin: flag,
  stdinOnce: flag,
  tty: flag,
};
export const container: Schema = object(containerFields, ['name']);
export const ephemeralContainer: Schema = object({ ...containerFields, targetContainerName: text }, ['name']);
