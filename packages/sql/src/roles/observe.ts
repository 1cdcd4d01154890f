/** Everything that must be known before something is decided for a role, and what can be refused then. Only reads. */
import type { PostgresRole } from '@larder/catalog';
import type { Server } from '../access/find-server.ts';
import { TroubleError } from '../access/trouble.ts';
import type { SqlContext } from '../context.ts';
import { ownerBy } from '../mark.ts';
import type { MyRights, RoleFacts } from './facts.ts';
import { refuseGrants } from './logins.ts';
import { allRolesOf } from './names.ts';
import type { ServerFacts } from './observations.ts';
import { refuseRotation } from './turn.ts';

export interface Observed extends ServerFacts {
  /** Roles that were there before. */
  adopted: string[];
}

export async function observeRole(
  context: Pick<SqlContext, 'observations'>,
  server: Server,
  role: PostgresRole,
): Promise<Observed> {
  const { name, grants } = role.spec;
  const databases = grants.map(({ database }) => database);
  const seen = await context.observations.ask(server, { roles: allRolesOf(name), databases });
  return { ...seen, adopted: adoptedOf(role, seen.roles) };
}

/** Databases are often made in the same moment as their users. */
const SOON_MS = 1_000;

/** @throws TroubleError with the field, the value and what would be right */
export function refuseObserved(role: PostgresRole, { lent, login }: Server, { mine, databases }: Observed): void {
  const { grants, rotationSeconds, replication, createDatabase } = role.spec;
  const missing = grants.find(({ database }) => !databases.has(database));
  if (missing) {
    const message = `grants: there is no database "${missing.database}" yet`;
    throw new TroubleError('DatabaseMissing', message, true, SOON_MS);
  }
  const refusals = [
    refuseGrants(grants, databases, lent ? undefined : login.user),
    rotationSeconds === undefined ? undefined : refuseRotation(mine.version),
    replication ? refuseReplication(lent?.superuserAccess, mine) : undefined,
    createDatabase && !mine.createdb
      ? `createDatabase: true can't be given: the login of the secret may not create databases itself`
      : undefined,
  ];
  const refusal = refusals.find(each => each !== undefined);
  if (refusal !== undefined) throw new TroubleError('NotPossible', refusal, false);
}

function refuseReplication(superuserAccess: boolean | undefined, mine: MyRights): string | undefined {
  if (superuserAccess === false) {
    return 'replication: true reads every database: the instance must have access.superuser: true for it';
  }
  return mine.replication
    ? undefined
    : "replication: true can't be given: the login of the secret doesn't have it itself";
}

/** @throws TroubleError for a role that is somebody else's */
function adoptedOf(role: PostgresRole, seen: ReadonlyMap<string, RoleFacts>): string[] {
  const known = role.status?.adopted ?? [];
  const found = [...seen.values()].filter(({ comment }) => ownerBy(comment, role) !== 'ours');
  for (const { name, comment, superuser } of found) {
    if (ownerBy(comment, role) === 'another') {
      throw new TroubleError('RoleTaken', `role "${name}" belongs to another claim (${comment}): choose another name`);
    }
    if (known.includes(name)) continue;
    if (!role.spec.adopt) {
      throw new TroubleError(
        'RoleExists',
        `role "${name}" exists and Larder didn't make it: choose another name, or say adopt: true to take it over`,
      );
    }
    if (superuser)
      throw new TroubleError(
        'RoleExists',
        `role "${name}" is a superuser, and such a role is not taken over: choose another name`,
      );
  }
  return found.map(({ name }) => name);
}
