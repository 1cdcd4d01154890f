/** `Usage` of Crossplane: holds back the deletion of one Object until another is gone. The kind is the one that both 1.20 and 2 have. */
import type { DesiredComposed } from '../composition.ts';
import { OBJECT_API_VERSION } from './objects.ts';

interface Usage {
  of: string;
  by: string;
}

/** Stable for ever. */
export function usageName({ of, by }: Usage): string {
  return `usage-${of}-by-${by}`;
}

/** Always ready: nobody waits for their database because its deletion isn't in order yet. */
export function usageObject(composite: string, { of, by }: Usage): DesiredComposed {
  const reference = (name: string): Record<string, unknown> => ({
    apiVersion: OBJECT_API_VERSION,
    kind: 'Object',
    resourceRef: { name: `${composite}-${name}` },
  });
  return {
    ready: true,
    resource: {
      apiVersion: 'apiextensions.crossplane.io/v1beta1',
      kind: 'Usage',
      metadata: { name: `${composite}-${usageName({ of, by })}` },
      spec: { of: reference(of), by: reference(by), replayDeletion: true },
    },
  };
}
