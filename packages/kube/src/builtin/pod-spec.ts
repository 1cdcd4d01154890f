/** What a pod is asked to be. */
import type { Schema } from '../schema.ts';
import { atomic, choice, flag, int32, int64, list, map, object, quantity, text, withDefault } from './shapes.ts';
import { localObjectReference, templateMeta } from './meta.ts';
import { volume } from './volumes.ts';
import {
  appArmorProfile,
  container,
  ephemeralContainer,
  resourceRequirements,
  seLinuxOptions,
  seccompProfile,
  windowsSecurityContextOptions,
} from './containers.ts';
import { affinity, toleration, topologySpreadConstraint } from './scheduling.ts';

const sysctl = object({ name: text, value: text }, ['name', 'value']);
const podSecurityContext = object({
  seLinuxOptions,
  windowsOptions: windowsSecurityContextOptions,
  runAsUser: int64,
  runAsGroup: int64,
  runAsNonRoot: flag,
  supplementalGroups: list(int64),
  supplementalGroupsPolicy: choice('Merge', 'Strict'),
  fsGroup: int64,
  sysctls: list(sysctl),
  fsGroupChangePolicy: choice('OnRootMismatch', 'Always'),
  seccompProfile,
  appArmorProfile,
  seLinuxChangePolicy: text,
});
const hostAlias = object({ ip: text, hostnames: list(text) }, ['ip']);
const podDNSConfigOption = object({ name: text, value: text });
const podDNSConfig = object({ nameservers: list(text), searches: list(text), options: list(podDNSConfigOption) });
const podReadinessGate = object({ conditionType: text }, ['conditionType']);
const podOS = object({ name: text }, ['name']);
const podSchedulingGate = object({ name: text }, ['name']);
const podResourceClaim = object({ name: text, resourceClaimName: text, resourceClaimTemplateName: text }, ['name']);
export const podSpec: Schema = object(
  {
    volumes: list(volume, { keys: ['name'], merge: 'name', retainKeys: true }),
    initContainers: list(container, { keys: ['name'], merge: 'name' }),
    containers: { ...list(container, { keys: ['name'], merge: 'name' }), minItems: 1 },
    ephemeralContainers: list(ephemeralContainer, { keys: ['name'], merge: 'name' }),
    restartPolicy: withDefault(choice('Always', 'OnFailure', 'Never'), 'Always'),
    terminationGracePeriodSeconds: withDefault(int64, 30),
    activeDeadlineSeconds: int64,
    dnsPolicy: withDefault(choice('ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'), 'ClusterFirst'),
    nodeSelector: atomic(map(text)),
    serviceAccountName: text,
    serviceAccount: text,
    automountServiceAccountToken: flag,
    nodeName: text,
    hostNetwork: flag,
    hostPID: flag,
    hostIPC: flag,
    shareProcessNamespace: flag,
    securityContext: withDefault(podSecurityContext, {}),
    imagePullSecrets: list(localObjectReference, { keys: ['name'], merge: 'name' }),
    hostname: text,
    subdomain: text,
    affinity,
    schedulerName: withDefault(text, 'default-scheduler'),
    tolerations: list(toleration),
    hostAliases: list(hostAlias, { keys: ['ip'], merge: 'ip' }),
    priorityClassName: text,
    priority: int32,
    dnsConfig: podDNSConfig,
    readinessGates: list(podReadinessGate),
    runtimeClassName: text,
    enableServiceLinks: flag,
    preemptionPolicy: choice('PreemptLowerPriority', 'Never'),
    overhead: map(quantity),
    topologySpreadConstraints: list(topologySpreadConstraint, {
      keys: ['topologyKey', 'whenUnsatisfiable'],
      merge: 'topologyKey',
    }),
    setHostnameAsFQDN: flag,
    os: podOS,
    hostUsers: flag,
    schedulingGates: list(podSchedulingGate, { keys: ['name'], merge: 'name' }),
    resourceClaims: list(podResourceClaim, { keys: ['name'], merge: 'name', retainKeys: true }),
    resources: resourceRequirements,
    hostnameOverride: text,
  },
  ['containers'],
);

/** The pods that a job makes. */
export const podTemplate: Schema = object({ metadata: templateMeta, spec: withDefault(podSpec, {}) });
