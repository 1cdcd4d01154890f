/** `Usage` of Crossplane: holds back the deletion of one Object until another is gone. The kind is the one that both 1.20 and 2 have. */
import type { DesiredComposed, ObservedComposed } from '../composition.ts';
import { OBJECT_API_VERSION } from './objects.ts';
import { isTrue } from './ready.ts';

interface Usage {
  of: string;
  by: string;
}

/** Stable for ever. */
export function usageName({ of, by }: Usage): string {
  return `usage-${of}-by-${by}`;
}

export function usageObject(composite: string, usage: Usage, observed: ObservedComposed | undefined): DesiredComposed {
  const { of, by } = usage;
  const reference = (name: string): Record<string, unknown> => ({
    apiVersion: OBJECT_API_VERSION,
    kind: 'Object',
    resourceRef: { name: `${composite}-${name}` },
  });
  return {
    ready: isTrue(observed?.resource.status, 'Ready'),
    resource: {
      apiVersion: 'apiextensions.crossplane.io/v1beta1',
      kind: 'Usage',
      metadata: { name: `${composite}-${usageName(usage)}` },
      spec: { of: reference(of), by: reference(by), replayDeletion: true },
    },
  };
}
