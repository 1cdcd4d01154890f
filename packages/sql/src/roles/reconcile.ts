/** `PostgresRole`: reads everything, brings the server in line, and says how it went. May run twice, may be killed anywhere. */
import { SQL_API_VERSION, type PostgresRole } from '@larder/catalog';
import { addFinalizer, refOfKey, type ReconcileResult } from '@larder/controller';
import { TroubleError } from '../access/trouble.ts';
import type { SqlContext } from '../context.ts';
import { retryIn } from '../patience.ts';
import { notReady, writeStatus } from '../status.ts';
import { removeRole, ROLE_FINALIZER } from './remove.ts';
import { settleRole } from './settle.ts';

export const POSTGRES_ROLE = { apiVersion: SQL_API_VERSION, kind: 'PostgresRole' };

/** How often what nobody announces is looked at: changes by hand, new tables of a foreign server. */
export const RESYNC_MS = 10 * 60_000;

export async function reconcileRole(context: SqlContext, key: string): Promise<ReconcileResult> {
  const found = await context.client.find<PostgresRole>(refOfKey(POSTGRES_ROLE, key));
  if (found === undefined) return {};
  if (found.metadata.deletionTimestamp !== undefined) return removeRole(context, found);
  const role = await addFinalizer(context.client, found, ROLE_FINALIZER);
  try {
    const { findings, facts, dueInMs } = await settleRole(context, role);
    await writeStatus(context, role, findings, facts);
    return { requeueAfterMs: Math.max(1_000, Math.min(dueInMs, RESYNC_MS)) };
  } catch (error) {
    if (!(error instanceof TroubleError)) throw error;
    await writeStatus(context, role, [notReady(error.reason, error.message)]);
    return { requeueAfterMs: error.transient ? retryIn(context, role, error) : RESYNC_MS };
  }
}
