/** The instance's own namespace: who may enter, how much may lie in it. Its names are stable for ever. */
import type { KubeObject } from '@larder/kube';
import type { DesiredComposed } from '../../../composition.ts';
import { claimOf } from '../../../cluster/claim-secret.ts';
import type { Seen } from '../../../cluster/engine.ts';
import { isReady } from '../../../cluster/ready.ts';
import type { PlaneSettings } from '../../../cluster/settings.ts';
import type { Parameters } from '../../parameters.ts';
import { ownersOwn } from '../acceptance.ts';
import { bytesText } from '../local-machine.ts';

export const postgresPort = 5432;
/** Of CloudNativePG's exporter, and of postgres_exporter. */
const metricsPort = 9187;

/** As the prototype called it. */
export function namespaceOf(composite: KubeObject): string {
  return `sv-postgresql-${composite.metadata.name}`;
}

export interface Place {
  composite: KubeObject;
  wanted: Parameters;
  settings: PlaneSettings;
  composed: Record<string, Seen>;
  /** The strictest Pod Security Standard that the engine's pods meet. */
  podSecurity: 'restricted' | 'baseline';
}

/** The namespace, what guards it, and once it is there what is inside. Its absence later is no reason to let go of anything. */
export function composeInPlace(place: Place, inside: Record<string, DesiredComposed>): Record<string, DesiredComposed> {
  const { composite, composed, wanted } = place;
  const here = (name: string, resource: DesiredComposed['resource']): DesiredComposed => {
    const seen = composed[name];
    return { resource, ready: seen !== undefined && isReady(seen.resource) };
  };
  const namespace = here('namespace', namespaceObject(place));
  if (composed.namespace === undefined && composed.cluster === undefined) return { namespace };
  return {
    namespace,
    // Nobody waits for it.
    ...(isQuotaDue(place) ? { quota: { resource: quota(composite, wanted), ready: true } } : {}),
    'network-policy': here('network-policy', networkPolicy(place)),
    ...inside,
  };
}

/**
 * Once the server is up, and then for good. A quota counts with every pod and volume, and Crossplane looks at the whole instance whenever
 * it does: while a server starts that is time which the server lacks.
 */
function isQuotaDue({ composed: { quota: seen, cluster } }: Place): boolean {
  return seen !== undefined || (cluster !== undefined && !cluster.unread && isReady(cluster.resource));
}

/** Labels that every object of an instance carries, for people. */
export function labelsOf({ metadata }: KubeObject): Record<string, string> {
  return { ...ownersOwn(metadata.labels), 'larder.dev/service': 'postgresql', 'larder.dev/instance': metadata.name };
}

function namespaceObject({ composite, podSecurity }: Place): DesiredComposed['resource'] {
  const level = { enforce: podSecurity, audit: podSecurity, warn: podSecurity };
  const security = Object.entries(level).map(([mode, value]) => [`pod-security.kubernetes.io/${mode}`, value]);
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: namespaceOf(composite),
      labels: { ...labelsOf(composite), ...(Object.fromEntries(security) as Record<string, string>) },
    },
  };
}

/** Room for the instance and for one server that is being replaced; nothing that is reached from outside. */
function quota(composite: KubeObject, { instances, storageBytes }: Parameters): DesiredComposed['resource'] {
  return {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'instance', namespace: namespaceOf(composite), labels: labelsOf(composite) },
    spec: {
      hard: {
        persistentvolumeclaims: String(instances + 1),
        pods: String(2 * instances + 2),
        'requests.storage': bytesText(storageBytes * (instances + 1)),
        'services.loadbalancers': '0',
        'services.nodeports': '0',
      },
    },
  };
}

/** Who may connect: always the instance's own pods, its operator and Larder's agent, and who measures; else whom the claim names. */
function networkPolicy({ composite, wanted, settings }: Place): DesiredComposed['resource'] {
  const fromNamespace = (name: string): Record<string, unknown> => ({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
  });
  const claim = claimOf(composite);
  const clients =
    wanted.allowedCIDRs.length > 0
      ? wanted.allowedCIDRs.map(cidr => ({ ipBlock: { cidr } }))
      : claim
        ? [fromNamespace(claim.namespace)]
        : [];
  const ports = [{ port: postgresPort, protocol: 'TCP' }];
  const { monitoring } = settings;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'instance', namespace: namespaceOf(composite), labels: labelsOf(composite) },
    spec: {
      podSelector: {},
      policyTypes: ['Ingress'],
      ingress: [
        { from: [{ podSelector: {} }, fromNamespace(settings.operatorNamespace)] },
        { from: [fromNamespace(settings.agentNamespace)], ports },
        ...(clients.length > 0 ? [{ from: clients, ports }] : []),
        ...(monitoring.prometheusOperator
          ? [{ from: [fromNamespace(monitoring.namespace)], ports: [{ port: metricsPort, protocol: 'TCP' }] }]
          : []),
      ],
    },
  };
}
