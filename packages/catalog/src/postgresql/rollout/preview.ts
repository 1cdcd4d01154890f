/** What a claim would lead to, before it is written: the composition is asked, and nothing is made of its answer. */
import type { KubeObject } from '@larder/kube';
import type { CompositionRequest } from '../../composition.ts';
import { composeLocal } from '../engines/local.ts';
import type { PostgresServer, PostgresServerSpec } from '../engines/postgres-server.ts';
import { asOwnersSee } from '../engines/local-status.ts';
import { fieldAt, isRecord } from '../fields.ts';
import { readParameters } from '../parameters.ts';
import type { Setup } from './change.ts';
import { planRollout, type Hold, type Rollout, type Window } from './plan.ts';

export interface PreviewInput {
  /** The composite that there is. */
  composite: KubeObject;
  server: PostgresServer;
  /** `spec.parameters` as they would be. */
  parameters: Record<string, unknown>;
  required: CompositionRequest['required'];
  windowOf(updates: NonNullable<PostgresServerSpec['updates']>): Window | undefined;
  hold?: Hold;
  /** RFC 3339 in UTC, with milliseconds. */
  now: string;
}

export type Preview = { kind: 'refused'; message: string } | ({ kind: 'planned' } & Rollout);

export function previewLocal({ composite, server, parameters, required, ...around }: PreviewInput): Preview {
  const wanted = { ...composite, spec: { ...(composite.spec as object), parameters } };
  const composed = { server: { resource: server, connectionDetails: {} } };
  const answer = composeLocal({ composite: wanted, composed, required });
  const refused = answer.conditions.find(({ type, status }) => type === 'Accepted' && status !== 'True');
  const next = answer.composed.server?.resource as PostgresServer | undefined;
  if (refused || !next) return { kind: 'refused', message: refused?.message ?? 'it can not be met' };
  const { version, nextMajor, settings, apply, updates } = next.spec;
  const window = updates && around.windowOf(updates);
  const before = fieldAt(composite, 'spec.parameters');
  const named = readParameters(wanted);
  const { now, pending } = planRollout({
    running: { ...runningOf(server), parameters: isRecord(before) ? before : {} },
    requested: { version: nextMajor?.version ?? version, settings, parameters },
    apply,
    window,
    hold: around.hold,
    approvals: [],
    now: around.now,
  });
  return {
    kind: 'planned',
    now: now.map(change => asOwnersSee(change, named)),
    pending: pending.map(change => asOwnersSee(change, named)),
  };
}

/** What it was told, but for what still waits. */
function runningOf({ spec, status }: PostgresServer): Setup {
  const waiting = (status?.pendingChanges ?? []).flatMap(({ field, from }) =>
    field.startsWith('settings.') ? [[field.slice('settings.'.length), from]] : [],
  );
  return {
    version: status?.version ?? spec.version,
    settings: { ...spec.settings, ...(Object.fromEntries(waiting) as Record<string, string>) },
  };
}
