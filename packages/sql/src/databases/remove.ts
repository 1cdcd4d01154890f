/** Deletion of a database claim: the database stays unless its owner said `Delete`. It never hangs on a server. */
import type { PostgresDatabase } from '@larder/catalog';
import { removeFinalizer, type ReconcileResult } from '@larder/controller';
import { quoteIdentifier as id, type Session } from '@larder/driver';
import { findServer } from '../access/find-server.ts';
import { isPostgresError, TroubleError } from '../access/trouble.ts';
import { withServer } from '../access/with-server.ts';
import type { SqlContext } from '../context.ts';
import { ownerBy } from '../mark.ts';
import { isWorthWaiting, PATIENCE_MS } from '../patience.ts';
import { notReady, tell, writeStatus } from '../status.ts';
import { observeDatabases } from './facts.ts';
import { groupsOf } from './groups.ts';
import { ownerRole, unfinishedName } from './names.ts';

export const DATABASE_FINALIZER = 'sql.larder.dev/database';

const RETRY_MS = 2_000;

interface Told {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

export async function removeDatabase(context: SqlContext, database: PostgresDatabase): Promise<ReconcileResult> {
  const done = await drop(context, database).catch((error: unknown) => {
    if (error instanceof TroubleError) return error;
    throw error;
  });
  if (done instanceof TroubleError && isWorthWaiting(context, database, done)) {
    await writeStatus(context, database, [
      notReady('Deleting', `${done.message}; given up after ${PATIENCE_MS / 1_000} s`),
    ]);
    return { requeueAfterMs: RETRY_MS };
  }
  const { name } = database.spec;
  tell(
    context,
    database,
    done instanceof TroubleError ? undone(`database "${name}" may still be there: ${done.message}`) : done,
  );
  await removeFinalizer(context.client, database, DATABASE_FINALIZER);
  return {};
}

function undone(message: string): Told {
  return { type: 'Warning', reason: 'NotUndone', message };
}

async function drop(context: SqlContext, database: PostgresDatabase): Promise<Told> {
  const { name, deletionPolicy, connectionSecretRef } = database.spec;
  if (deletionPolicy === 'Retain') {
    return {
      type: 'Normal',
      reason: 'DatabaseRetained',
      message: `database "${name}" stays, with all that is in it (deletionPolicy Retain)`,
    };
  }
  const server = await findServer(context, connectionSecretRef);
  return withServer(context, server, server.database, session => dropOurs(session, database));
}

async function dropOurs(session: Session, database: PostgresDatabase): Promise<Told> {
  const { name, owner } = database.spec;
  const unfinished = unfinishedName(database.metadata.uid ?? '');
  const found = await observeDatabases(session, [name, unfinished]);
  if (found.has(unfinished)) await session.rows(`DROP DATABASE ${id(unfinished)} WITH (FORCE)`);
  const facts = found.get(name);
  if (facts && ownerBy(facts.comment, database) !== 'ours') {
    return { type: 'Normal', reason: 'DatabaseRetained', message: `database "${name}" stays: Larder didn't make it` };
  }
  const ended = facts ? await dropDatabase(session, name) : 0;
  const roles = [
    ...(facts ? (Object.values(groupsOf(facts)) as string[]) : []),
    ...(owner === undefined ? [ownerRole(database.spec)] : []),
  ];
  for (const role of roles) await session.rows(`DROP ROLE IF EXISTS ${id(role)}`).catch(keptRole);
  return {
    type: 'Normal',
    reason: 'DatabaseDropped',
    message: `database "${name}" was dropped, ${ended} connection${ended === 1 ? '' : 's'} ended`,
  };
}

async function dropDatabase(session: Session, name: string): Promise<number> {
  const [row] = await session.rows<{ count: number }>(
    'SELECT pg_catalog.count(*)::int AS count FROM pg_catalog.pg_stat_activity WHERE datname = $1',
    [name],
  );
  await session.rows(`DROP DATABASE ${id(name)} WITH (FORCE)`);
  return row?.count ?? 0;
}

/** A role that still owns something elsewhere stays: it can't log in. */
function keptRole(error: unknown): void {
  if (!isPostgresError(error)) throw error;
}
