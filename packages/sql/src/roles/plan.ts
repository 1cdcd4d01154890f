/** From what a claim wants and what a server has to the statements between them. Decides, touches nothing. */
import { isGroup } from '../databases/groups.ts';
import type { RoleFacts } from './facts.ts';

export interface WantedRole {
  name: string;
  login: boolean;
  createdb: boolean;
  replication: boolean;
  connectionLimit: number;
  memberOf: string[];
  /** The `role` that its sessions begin with: by database, `''` for all. */
  settings: Record<string, string>;
}

export type RoleStep =
  | { do: 'create'; role: string }
  | { do: 'alter'; role: string; set: string[] }
  | { do: 'grant'; role: string; member: string }
  | { do: 'revoke'; role: string; member: string }
  | { do: 'begin as'; role: string; database: string; as: string }
  | { do: 'begin as itself'; role: string; database: string };

export interface Surroundings {
  /** Roles that own databases: membership in one that isn't wanted is taken away. */
  databaseOwners: string[];
  /** Roles that were there before: only what is ours is taken from them. */
  adopted: string[];
  /** A superuser may take any attribute away, also from roles that were there before. */
  superuser: boolean;
}

/** Empty when all is as wanted. Memberships come last: they need both roles. */
export function planRoles(
  wanted: WantedRole[],
  seen: ReadonlyMap<string, RoleFacts>,
  around: Surroundings,
): RoleStep[] {
  return [
    ...wanted.flatMap(role => planAttributes(role, seen.get(role.name), around)),
    ...wanted.flatMap(role => planMemberships(role, seen.get(role.name), around)),
    ...wanted.flatMap(role => planSettings(role, seen.get(role.name))),
  ];
}

function planAttributes(wanted: WantedRole, seen: RoleFacts | undefined, around: Surroundings): RoleStep[] {
  const { name: role } = wanted;
  const created: RoleStep[] = seen ? [] : [{ do: 'create', role }];
  const set = [
    ...flag('LOGIN', wanted.login, seen?.login),
    ...flag('CREATEDB', wanted.createdb, seen?.createdb),
    ...flag('REPLICATION', wanted.replication, seen?.replication),
    ...flag('INHERIT', true, seen?.inherits ?? true),
    ...(seen?.unexpiring === false ? ["VALID UNTIL 'infinity'"] : []),
    ...(wanted.connectionLimit === (seen?.connectionLimit ?? -1) ? [] : [`CONNECTION LIMIT ${wanted.connectionLimit}`]),
  ];
  const altered: RoleStep[] = set.length === 0 ? [] : [{ do: 'alter', role, set }];
  return [...created, ...altered, ...planExcess(role, seen, around)];
}

/** By itself: who is no superuser may be refused it, and is to get the rest. */
function planExcess(role: string, seen: RoleFacts | undefined, { superuser, adopted }: Surroundings): RoleStep[] {
  const set = seen && (superuser || !adopted.includes(role)) ? excess(seen) : [];
  return set.length === 0 ? [] : [{ do: 'alter', role, set }];
}

/** What no claim gives. */
function excess({ superuser, createrole, bypassrls }: RoleFacts): string[] {
  return [
    ...flag('SUPERUSER', false, superuser),
    ...flag('CREATEROLE', false, createrole),
    ...flag('BYPASSRLS', false, bypassrls),
  ];
}

function flag(name: string, wanted: boolean, seen = false): string[] {
  if (wanted === seen) return [];
  return [wanted ? name : `NO${name}`];
}

function planMemberships(wanted: WantedRole, seen: RoleFacts | undefined, around: Surroundings): RoleStep[] {
  const { name: member } = wanted;
  const has = seen?.memberOf ?? [];
  const half = seen?.halfMemberOf ?? [];
  const ours = (role: string): boolean =>
    isGroup(role) || (around.databaseOwners.includes(role) && !around.adopted.includes(member));
  return [
    ...wanted.memberOf
      .filter(role => !has.includes(role) || half.includes(role))
      .map(role => ({ do: 'grant', role, member }) as const),
    ...has
      .filter(role => ours(role) && !wanted.memberOf.includes(role))
      .map(role => ({ do: 'revoke', role, member }) as const),
  ];
}

function planSettings(wanted: WantedRole, seen: RoleFacts | undefined): RoleStep[] {
  const { name: role } = wanted;
  const has = seen?.settings ?? {};
  return [
    ...Object.entries(wanted.settings)
      .filter(([database, as]) => has[database] !== as)
      .map(([database, as]) => ({ do: 'begin as', role, database, as }) as const),
    ...Object.keys(has)
      .filter(database => wanted.settings[database] === undefined)
      .map(database => ({ do: 'begin as itself', role, database }) as const),
  ];
}
