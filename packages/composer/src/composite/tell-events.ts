/** Tells the composition's events, when they are new. */
import type { CompositionEvent } from '@larder/catalog';
import type { KubeObject } from '@larder/kube';
import { nameOf, type Composite } from '../crossplane.ts';
import type { CompositeContext } from './composite-context.ts';

/** To the composite, and to the claim where the event is for both. */
export async function tellEvents(
  { client, events: recorder, told }: CompositeContext,
  composite: Composite,
  events: readonly CompositionEvent[],
): Promise<void> {
  const { claimRef } = composite.spec;
  for (const { target, ...event } of told.fresh(composite.metadata.name, events)) {
    recorder.record(composite, event);
    if (target !== 'CompositeAndClaim' || claimRef === undefined) continue;
    const claim = await client.find(claimRef);
    if (claim !== undefined) recorder.record(claim, event);
  }
}

/** What stays although its composite goes, and who has to see to it now. */
export function orphaned(kept: readonly KubeObject[]): CompositionEvent {
  const message =
    `kept, as --cascade=orphan asked: ${kept.map(nameOf).join(', ')}. ` +
    'Nothing looks after them any more: delete them when nobody needs them';
  return { type: 'Warning', reason: 'ComposedResourcesOrphaned', message, target: 'CompositeAndClaim' };
}
