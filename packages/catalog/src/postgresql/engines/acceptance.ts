/** Whether a wish is met: the condition `Accepted` and its event, the same for every engine. */
import type { KubeObject } from '@larder/kube';
import type { CompositionCondition, CompositionEvent } from '../../composition.ts';
import { describeRefusals, type Refused } from '../refused.ts';

export type Verdict =
  | { kind: 'accepted' }
  | { kind: 'refused'; refusals: Refused[] }
  | { kind: 'waiting'; reason: string; message: string };

export function acceptance(verdict: Verdict): CompositionCondition {
  switch (verdict.kind) {
    case 'accepted':
      return { type: 'Accepted', status: 'True', reason: 'Accepted', message: '', target: 'Composite' };
    case 'waiting': {
      const { reason, message } = verdict;
      return { type: 'Accepted', status: 'Unknown', reason, message, target: 'CompositeAndClaim' };
    }
    case 'refused': {
      const reason = verdict.refusals[0]?.reason ?? 'Refused';
      const message = describeRefusals(verdict.refusals);
      return { type: 'Accepted', status: 'False', reason, message, target: 'CompositeAndClaim' };
    }
  }
}

/** Says once what was refused: the condition tells the rest of the time. */
export function refusalEvents(composite: KubeObject, verdict: Verdict): CompositionEvent[] {
  if (verdict.kind !== 'refused') return [];
  const { reason, message = '' } = acceptance(verdict);
  const status = composite.status as { conditions?: { type: string; message?: string }[] } | undefined;
  const said = status?.conditions?.some(condition => condition.type === 'Accepted' && condition.message === message);
  return said ? [] : [{ type: 'Warning', reason, message, target: 'CompositeAndClaim' }];
}

/** Labels and annotations that people put on their claim; those of kubectl and Crossplane speak of the claim itself. */
export function ownersOwn(entries: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(entries).filter(([key]) => !/(^|\.)(kubernetes\.io|crossplane\.io)\//.test(key)),
  );
}
