/** `Object` of provider-kubernetes: carries one object to another cluster and shows it in its status. */
import type { KubeObject } from '@larder/kube';
import type { DesiredComposed, ObservedComposed } from '../composition.ts';
import { fieldAt, isRecord } from '../postgresql/fields.ts';
import { externalNameAnnotation, type CredentialSource, type Seen } from './engine.ts';

export const OBJECT_API_VERSION = 'kubernetes.crossplane.io/v1alpha2';

/** Where the credentials that an Object reads are written in the control cluster. */
export interface ObjectSecret {
  namespace: string;
  name: string;
  fields: Record<string, CredentialSource>;
}

export function wrap(
  manifest: DesiredComposed,
  { name, providerConfig, secret }: { name: string; providerConfig: string; secret?: ObjectSecret },
): DesiredComposed {
  return {
    ready: manifest.ready,
    resource: {
      apiVersion: OBJECT_API_VERSION,
      kind: 'Object',
      // The provider would write it, and each update is one more that Crossplane counts: too many within a minute, and it looks away.
      metadata: { name, annotations: { [externalNameAnnotation]: name } },
      spec: {
        // Else its state would be looked at every ten minutes only. A quota's changes with every pod, and nobody reads it.
        watch: manifest.resource.kind !== 'ResourceQuota',
        forProvider: { manifest: manifest.resource },
        providerConfigRef: { name: providerConfig },
        // The composition itself decides when the whole is ready.
        readiness: { policy: 'SuccessfulCreate' },
        ...(secret ? reading(secret) : {}),
      },
    },
  };
}

function reading({ namespace, name, fields }: ObjectSecret): Record<string, unknown> {
  return {
    connectionDetails: Object.entries(fields).map(([key, source]) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      namespace: source.namespace,
      name: source.secret,
      fieldPath: `data[${source.field}]`,
      toConnectionSecretKey: key,
    })),
    writeConnectionSecretToRef: { namespace, name },
  };
}

/** What an Object carries: as it is in the other cluster, or as it was last wanted where that can't be read. */
export function unwrap({ resource }: ObservedComposed): Seen | undefined {
  const there = fieldAt(resource.status, 'atProvider.manifest');
  if (isObject(there)) return { resource: there, unread: false };
  const wanted = fieldAt(resource.spec, 'forProvider.manifest');
  return isObject(wanted) ? { resource: wanted, unread: true } : undefined;
}

function isObject(value: unknown): value is KubeObject {
  return isRecord(value) && typeof value.kind === 'string' && isRecord(value.metadata);
}
