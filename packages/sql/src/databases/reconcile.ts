/** `PostgresDatabase`: one database with an owner that logins assume, closed to PUBLIC. May run twice, may be killed anywhere. */
import { SQL_API_VERSION, type PostgresDatabase } from '@larder/catalog';
import { addFinalizer, refOfKey, type ReconcileResult } from '@larder/controller';
import { TroubleError } from '../access/trouble.ts';
import type { SqlContext } from '../context.ts';
import { retryIn } from '../patience.ts';
import { notReady, writeStatus } from '../status.ts';
import { DATABASE_FINALIZER, removeDatabase } from './remove.ts';
import { settleDatabase } from './settle.ts';

export const POSTGRES_DATABASE = { apiVersion: SQL_API_VERSION, kind: 'PostgresDatabase' };

const RESYNC_MS = 10 * 60_000;

export async function reconcileDatabase(context: SqlContext, key: string): Promise<ReconcileResult> {
  const found = await context.client.find<PostgresDatabase>(refOfKey(POSTGRES_DATABASE, key));
  if (found === undefined) return {};
  if (found.metadata.deletionTimestamp !== undefined) return removeDatabase(context, found);
  const database = await addFinalizer(context.client, found, DATABASE_FINALIZER);
  try {
    const { findings, facts } = await settleDatabase(context, database);
    await writeStatus(context, database, findings, facts);
    return { requeueAfterMs: RESYNC_MS };
  } catch (error) {
    if (!(error instanceof TroubleError)) throw error;
    await writeStatus(context, database, [notReady(error.reason, error.message)]);
    return { requeueAfterMs: error.transient ? retryIn(context, database, error) : RESYNC_MS };
  }
}
