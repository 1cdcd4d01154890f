/** Which roles a claim has at this moment, and what each is. Decides, touches nothing. */
import type { DatabaseGrant, PostgresRoleSpec, PostgresRoleStatus } from '@larder/catalog';
import type { DatabaseFacts } from '../databases/facts.ts';
import { groupsOf } from '../databases/groups.ts';
import type { RoleFacts } from './facts.ts';
import { turnLogins } from './names.ts';
import type { WantedRole } from './plan.ts';

/** How long a login still works after the claim has changed between one login and two that take turns. */
const GRACE_MS = 24 * 60 * 60_000;

export interface LoginInput {
  spec: PostgresRoleSpec;
  status: Pick<PostgresRoleStatus, 'rotation'> | undefined;
  /** Of the grants. */
  databases: ReadonlyMap<string, DatabaseFacts>;
  /** Who logs in, or is about to. */
  login: string;
  /** Those of the claim's roles that the server has. */
  present: ReadonlyMap<string, Pick<RoleFacts, 'login'>>;
  now: Date;
}

export interface Logins {
  wanted: WantedRole[];
  /** To be dropped: nobody has logged in with them for a day by right. */
  obsolete: string[];
}

export function planLogins(input: LoginInput): Logins {
  const { spec, login, present, now } = input;
  const rotates = spec.rotationSeconds !== undefined;
  const changedAt = Date.parse(input.status?.rotation?.last ?? '');
  const inGrace = Number.isNaN(changedAt) || now.getTime() - changedAt < GRACE_MS;
  const turns = turnLogins(spec.name).filter(name => name === login || present.has(name));
  const kept = rotates || inGrace ? turns : [];
  // A login of before goes on; one that was made for others to act as never was one.
  const goesOn = present.get(spec.name)?.login === true && inGrace && !present.has(otherThan(login, spec.name));
  const base = baseRole(input, !rotates || goesOn);
  return {
    wanted: [base, ...kept.map(name => turnRole(base, name))],
    obsolete: turns.filter(name => !kept.includes(name)),
  };
}

/** The login whose turn comes next: once it is there, two turns have been made. */
function otherThan(login: string, name: string): string {
  const [a, b] = turnLogins(name);
  return login === a ? b : a;
}

function baseRole({ spec, databases }: LoginInput, login: boolean): WantedRole {
  const owned = spec.grants.filter(({ privilege }) => privilege === 'owner');
  return {
    name: spec.name,
    login,
    createdb: spec.createDatabase,
    replication: spec.replication,
    connectionLimit: spec.connectionLimit,
    memberOf: [...new Set(spec.grants.flatMap(grant => roleFor(grant, databases)))],
    settings: Object.fromEntries(
      owned.flatMap(({ database }) => {
        const owner = databases.get(database)?.owner;
        return owner === undefined ? [] : [[database, owner]];
      }),
    ),
  };
}

/** Has what the base has by being a member, and is it: what it makes belongs to the base, or to the database's owner. */
function turnRole(base: WantedRole, name: string): WantedRole {
  return { ...base, name, login: true, memberOf: [base.name], settings: { '': base.name, ...base.settings } };
}

function roleFor({ database, privilege }: DatabaseGrant, databases: ReadonlyMap<string, DatabaseFacts>): string[] {
  const facts = databases.get(database);
  if (facts === undefined) return [];
  return [privilege === 'owner' ? facts.owner : groupsOf(facts)[privilege]];
}

/** Why the grants can't be given on these databases; `undefined`: they can. `manager`: the login of the secret, where its rights are used. */
export function refuseGrants(
  grants: readonly DatabaseGrant[],
  databases: ReadonlyMap<string, DatabaseFacts>,
  manager?: string,
): string | undefined {
  const owners = new Map<string, DatabaseGrant>();
  for (const grant of grants) {
    const facts = databases.get(grant.database);
    const refusal = facts && refuseGrant(grant, facts, manager);
    if (refusal !== undefined) return refusal;
    if (facts && grant.privilege === 'owner') owners.set(facts.owner, grant);
  }
  const both = grants.find(
    ({ database, privilege }) => privilege !== 'owner' && owners.has(databases.get(database)?.owner ?? ''),
  );
  if (both === undefined) return undefined;
  const owner = databases.get(both.database)?.owner ?? '';
  return `"${both.privilege}" on database "${both.database}" says less than "owner" on "${owners.get(owner)?.database}" gives: both belong to role "${owner}"`;
}

function refuseGrant(
  { database, privilege }: DatabaseGrant,
  facts: DatabaseFacts,
  manager: string | undefined,
): string | undefined {
  if (facts.template || !facts.connectable)
    return `database "${database}" is a template or takes no connections: choose another`;
  if (privilege !== 'owner') return undefined;
  if (facts.ownerIsSuperuser)
    return `database "${database}" belongs to the superuser "${facts.owner}", whose rights are not given away: ask for readwrite`;
  if (facts.owner === manager)
    return `database "${database}" belongs to "${manager}", the login of the secret itself, whose rights on the server are not given away: ask for readwrite, or give the database an owner of its own`;
  return undefined;
}
