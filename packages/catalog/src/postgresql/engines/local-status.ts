/** What the claim's owner sees of their server. */
import type { Condition } from '@larder/kube';
import type { CompositionCondition } from '../../composition.ts';
import type { Parameters } from '../parameters.ts';
import { endOfLifeOf } from '../versions/end-of-life.ts';
import { majorOf } from '../versions/versions.ts';
import { bytesText } from './local-machine.ts';
import { pendingSetting } from './pending.ts';
import type { PostgresServer, PostgresServerSpec, PostgresServerStatus } from './postgres-server.ts';

interface Seen {
  parameters: Parameters;
  /** What was accepted. */
  spec: PostgresServerSpec;
  server: PostgresServer | undefined;
}

/** `status` of composite and claim, without the conditions. */
export function statusOf({ parameters, spec, server }: Seen): Record<string, unknown> {
  const { version, endpoint, port, storage, resources, maintenance, upgrade } = server?.status ?? {};
  const pending = (server?.status?.pendingChanges ?? []).map(change => asOwnersSee(change, parameters));
  return {
    ...(version === undefined ? {} : { version, endOfLife: endOfLifeOf(majorOf(version)) }),
    ...(endpoint === undefined ? {} : { endpoint: port === undefined ? endpoint : `${endpoint}:${port}` }),
    storage: { size: bytesText(spec.storageBytes), ...(storage?.used === undefined ? {} : { used: storage.used }) },
    ...(resources ? { resources } : {}),
    ...(pending.length > 0 ? { pendingChanges: pending } : {}),
    ...changesOf({ maintenance, upgrade }),
  };
}

function changesOf({
  maintenance,
  upgrade,
}: Pick<PostgresServerStatus, 'maintenance' | 'upgrade'>): Record<string, unknown> {
  return { ...(maintenance ? { maintenance } : {}), ...(upgrade ? { upgrade } : {}) };
}

export function isReady(server: PostgresServer | undefined): boolean {
  return server?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

/** The server's conditions. Those that are well stay on the composite, the others go up to the claim. */
export function serverConditions(server: PostgresServer | undefined): CompositionCondition[] {
  return (server?.status?.conditions ?? [])
    .filter(({ type }) => type !== 'Accepted')
    .map(condition => ({
      ...asSeen(condition),
      // Crossplane's own Ready speaks of the whole.
      type: condition.type === 'Ready' ? 'ServerReady' : condition.type,
    }));
}

/** The server's own word that it can't have what the catalog accepted. */
export function wentUnaccepted(server: PostgresServer | undefined): CompositionCondition | undefined {
  const refused = server?.status?.conditions?.find(({ type, status }) => type === 'Accepted' && status !== 'True');
  return refused && asSeen(refused);
}

function asSeen({ type, status, reason, message = '' }: Condition): CompositionCondition {
  return { type, status, reason, message, target: status === 'True' ? 'Composite' : 'CompositeAndClaim' };
}

/** A change that waits at the server, as its owner knows it. */
export function asOwnersSee<C extends { field: string; why: string }>(change: C, parameters: Parameters): C {
  if (!change.field.startsWith('settings.')) return { ...change, field: `spec.parameters.${change.field}` };
  const { field, follows } = pendingSetting(change.field.replace(/^settings\./, ''), parameters);
  return { ...change, field, why: follows === '' ? change.why : `${change.why}; ${follows}` };
}
