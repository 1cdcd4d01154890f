/** What lies below objects, and what can be done with it: data for discovery and for requests. */
import type { Served } from './served.ts';

export interface Subresource {
  name: string;
  verbs: readonly string[];
  /** Of what it takes and answers, where that isn't the object itself. */
  kind?: { group: string; version: string; kind: string };
}

const status: Subresource = { name: 'status', verbs: ['get', 'patch', 'update'] };

const scale: Subresource = { ...status, name: 'scale', kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' } };

const special = new Map<string, Subresource[]>([
  ['namespaces', [{ name: 'finalize', verbs: ['update'] }]],
  ['pods', [{ name: 'log', verbs: ['get'] }]],
  [
    'serviceaccounts',
    [
      {
        name: 'token',
        verbs: ['create'],
        kind: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
      },
    ],
  ],
]);

export function subresourcesOf(served: Served): Subresource[] {
  const { definition, storage } = served;
  return [
    ...(special.get(storage) ?? []),
    ...(definition.status === true ? [status] : []),
    ...(definition.scale === undefined ? [] : [scale]),
  ];
}
