/** Says once when a change begins to wait, and when it waits no more. */
import type { KubeObject } from '@larder/kube';
import type { CompositionEvent } from '../../composition.ts';
import type { PendingChange, PostgresServer } from '../engines/postgres-server.ts';
import { fieldAt } from '../fields.ts';

/** `pending` is what waits now, as the claim shows it; the composite's status has what waited before. */
export function pendingEvents(
  composite: KubeObject,
  pending: PendingChange[],
  server: PostgresServer | undefined,
): CompositionEvent[] {
  const before = (fieldAt(composite, 'status.pendingChanges') ?? []) as PendingChange[];
  const began = pending.filter(change => !before.some(other => isSame(change, other)));
  const ended = before.filter(change => !pending.some(({ field }) => field === change.field));
  return [
    ...began.map(change => event('ChangeWaits', `${wordsOf(change)} waits: ${change.when}`)),
    ...ended.map(change =>
      isInEffect(change, server)
        ? event('ChangeApplied', `${wordsOf(change)} is in effect`)
        : event('ChangeWithdrawn', `${wordsOf(change)} is not wanted any more`),
    ),
  ];
}

function isSame(change: PendingChange, other: PendingChange): boolean {
  return change.field === other.field && change.to === other.to;
}

function wordsOf({ field, from, to }: PendingChange): string {
  return `${field} ${from} → ${to}`;
}

/** What waited and waits no more was made, unless something else is wanted now. */
function isInEffect({ field, to }: PendingChange, server: PostgresServer | undefined): boolean {
  if (field.endsWith('.updatePolicy.version')) return server?.status?.version === to;
  const wanted = server?.spec.settings[field.replace('spec.parameters.settings.', '')];
  return wanted === undefined || wanted === to;
}

function event(reason: string, message: string): CompositionEvent {
  return { type: 'Normal', reason, message, target: 'CompositeAndClaim' };
}
