/** Tells the composition's events, when they are new. */
import type { CompositionEvent } from '@larder/catalog';
import type { Composite } from '../crossplane.ts';
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
