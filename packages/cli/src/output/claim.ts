/** What a claim's owner wants to know first, from the claim's own status. */
import type { DrillStatus } from '@larder/catalog';
import type { KubeObject } from '@larder/kube';
import { connectionSecretOf } from '../connection.ts';
import { hasCondition, reasonToWait } from './conditions.ts';
import { drillFacts } from './drill.ts';

interface ClaimStatus {
  version?: string;
  endpoint?: string;
  endOfLife?: string;
  storage?: { used?: string; size?: string };
  drill?: DrillStatus;
  pendingChanges?: { field: string; from: string; to: string; needs: string; why: string; when: string }[];
}

export function claimFacts(claim: KubeObject): string[][] {
  const { version, endpoint, storage, endOfLife, drill = {} } = statusOf(claim);
  const facts: [string, string | undefined][] = [
    ['State', hasCondition(claim, 'Ready') ? 'Ready' : `not ready: ${reasonToWait(claim)}`],
    ['Version', version && `${version}${endOfLife ? ` (the community supports it until ${endOfLife})` : ''}`],
    ['Endpoint', endpoint],
    ['Storage', storage && `${storage.used ?? 'unknown'} of ${storage.size ?? 'unknown'} used`],
    ...drillFacts(drill).map(([name = '', words]): [string, string | undefined] => [name.slice(0, -1), words]),
    ['Secret', connectionSecretOf(claim)],
    ['Composite', (claim.spec as { resourceRef?: { name?: string } } | undefined)?.resourceRef?.name],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined && fact[1] !== '');
}

/** Rows of what waits for a restart, a window or a word. */
export function pendingChanges(object: KubeObject): string[][] {
  const changes = statusOf(object).pendingChanges ?? [];
  return changes.map(({ field, from, to, needs, why, when }) => [
    field,
    `${from} → ${to}`,
    `needs ${needs}`,
    `${why.replace(/\.$/, '')}; ${when}`,
  ]);
}

function statusOf(object: KubeObject): ClaimStatus {
  return object.status ?? {};
}
