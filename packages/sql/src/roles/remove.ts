/** Deletion of a role. It never hangs on a server: what can't be undone there is said in an event, and the object goes. */
import type { PostgresRole } from '@larder/catalog';
import { removeFinalizer, type ReconcileResult } from '@larder/controller';
import { findServer, type Server } from '../access/find-server.ts';
import { TroubleError } from '../access/trouble.ts';
import { withServer } from '../access/with-server.ts';
import type { SqlContext } from '../context.ts';
import { ownerBy } from '../mark.ts';
import { isWorthWaiting, PATIENCE_MS } from '../patience.ts';
import { notReady, tell, writeStatus } from '../status.ts';
import { observeMyRights, observeRoles } from './facts.ts';
import { dropRoles } from './leave.ts';
import { allRolesOf } from './names.ts';

export const ROLE_FINALIZER = 'sql.larder.dev/role';

const RETRY_MS = 2_000;

export async function removeRole(context: SqlContext, role: PostgresRole): Promise<ReconcileResult> {
  const left = await dropOurs(context, role).catch((error: unknown) => {
    if (error instanceof TroubleError) return error;
    throw error;
  });
  if (left instanceof TroubleError && isWorthWaiting(context, role, left)) {
    await writeStatus(context, role, [
      notReady('Deleting', `${left.message}; given up after ${PATIENCE_MS / 1_000} s`),
    ]);
    return { requeueAfterMs: RETRY_MS };
  }
  const undone = left instanceof TroubleError ? [`role "${role.spec.name}" may still be there: ${left.message}`] : left;
  // Of a claim that never came to a server there is nothing to undo.
  if (role.status?.username === undefined && left instanceof TroubleError) undone.length = 0;
  for (const message of undone) tell(context, role, { type: 'Warning', reason: 'NotUndone', message });
  await removeFinalizer(context.client, role, ROLE_FINALIZER);
  return {};
}

/** What stays, one sentence each. */
async function dropOurs(context: SqlContext, role: PostgresRole): Promise<string[]> {
  const server = await findServer(context, role.spec.connectionSecretRef);
  const present = await oursIn(context, server, role);
  const kept = (role.status?.adopted ?? []).map(
    name => `role "${name}" was there before the claim and stays as it is, with its password`,
  );
  return [...kept, ...(await dropRoles(context, server, present))];
}

/** Logins first: they are members of the role that they log in for. */
async function oursIn(context: SqlContext, server: Server, role: PostgresRole): Promise<string[]> {
  return withServer(context, server, server.database, async session => {
    const mine = await observeMyRights(session);
    const seen = await observeRoles(session, allRolesOf(role.spec.name), mine);
    const ours = [...seen.values()].filter(({ comment }) => ownerBy(comment, role) === 'ours');
    return ours.map(({ name }) => name).sort((a, b) => b.length - a.length);
  });
}
