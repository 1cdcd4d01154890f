/** The statements that make one server's roles, their memberships, settings and databases on another. Pure. */
import { quoteIdentifier as name, quoteLiteral as text } from '@larder/driver';
import type { Cluster, Database, Membership, Role, StoredSetting } from './read.ts';

export interface RolePlanInput {
  from: Cluster;
  /** The new server as it is: what is there is changed, never made twice. */
  to: Cluster;
  plane: string;
  /** Of the new server. */
  major: number;
}

/** May run again: the second time it changes what is there into the same. */
export function planRoles({ from, to, plane, major }: RolePlanInput): string[] {
  const there = new Set(to.roles.map(role => role.name));
  const databases = new Set(to.databases.map(database => database.name));
  return [
    ...from.roles.flatMap(role => (there.has(role.name) ? [] : [`CREATE ROLE ${name(role.name)}`])),
    ...from.roles.map(alterRole),
    ...from.roles.map(role => commentOn('ROLE', role.name, role.comment)),
    ...inOrder(from.memberships, plane).map(membership => grantRole(membership, plane, major)),
    ...from.databases.flatMap(each => (databases.has(each.name) ? [] : [createDatabase(each)])),
    ...from.databases.flatMap(each => (each.owner === plane ? [] : [ownerOf(each)])),
    ...from.databases.flatMap(alterDatabase),
    ...from.settings.map(storeSetting),
  ];
}

function alterRole(role: Role): string {
  const word = (on: boolean, what: string): string => (on ? what : `NO${what}`);
  return [
    `ALTER ROLE ${name(role.name)} WITH`,
    word(role.superuser, 'SUPERUSER'),
    word(role.inherit, 'INHERIT'),
    word(role.createRole, 'CREATEROLE'),
    word(role.createDatabase, 'CREATEDB'),
    word(role.login, 'LOGIN'),
    word(role.replication, 'REPLICATION'),
    word(role.bypassRls, 'BYPASSRLS'),
    `CONNECTION LIMIT ${role.connectionLimit}`,
    `PASSWORD ${role.verifier === null ? 'NULL' : text(role.verifier)}`,
    // Where none is said, none is meant; there is no word for taking it away.
    ...(role.validUntil === null ? [] : [`VALID UNTIL ${text(role.validUntil)}`]),
  ].join(' ');
}

/** Whoever grants has been given the right before: first those that the plane gave, then theirs. */
function inOrder(memberships: Membership[], plane: string): Membership[] {
  const known = new Set([plane]);
  const ordered: Membership[] = [];
  let waiting = [...memberships].sort((a, b) => Number(b.admin) - Number(a.admin));
  for (;;) {
    const may = ({ grantor, role }: Membership): boolean => grantor === plane || known.has(`${role}\0${grantor}`);
    const next = waiting.filter(may);
    for (const { role, member, admin } of next) if (admin) known.add(`${role}\0${member}`);
    ordered.push(...next);
    waiting = waiting.filter(each => !next.includes(each));
    // Before 16 a grantor may be anybody, also one that is gone: the plane gives those.
    if (next.length === 0) return [...ordered, ...waiting.map(each => ({ ...each, grantor: plane }))];
  }
}

function grantRole({ role, member, grantor, admin, inherit, set }: Membership, plane: string, major: number): string {
  const options = major >= 16 && inherit !== undefined ? `, INHERIT ${inherit}, SET ${set}` : '';
  const wanted = major >= 16 ? ` WITH ADMIN ${admin}${options}` : admin ? ' WITH ADMIN OPTION' : '';
  const by = major >= 16 ? ` GRANTED BY ${name(grantor ?? plane)}` : '';
  return `GRANT ${name(role)} TO ${name(member)}${wanted}${by}`;
}

function createDatabase({ name: database, encoding, collate, ctype }: Database): string {
  const locale = `LC_COLLATE ${text(collate)} LC_CTYPE ${text(ctype)}`;
  return `CREATE DATABASE ${name(database)} TEMPLATE template0 ENCODING ${text(encoding)} ${locale}`;
}

function ownerOf({ name: database, owner }: Database): string {
  return `ALTER DATABASE ${name(database)} OWNER TO ${name(owner)}`;
}

function alterDatabase({ name: database, connectionLimit, comment }: Database): string[] {
  const limit = `ALTER DATABASE ${name(database)} CONNECTION LIMIT ${connectionLimit}`;
  return [limit, commentOn('DATABASE', database, comment)];
}

function commentOn(kind: 'ROLE' | 'DATABASE', object: string, comment: string | null): string {
  return `COMMENT ON ${kind} ${name(object)} IS ${comment === null ? 'NULL' : text(comment)}`;
}

/** Lists that the server stores with each part quoted as a name. */
const QUOTED_LISTS = new Set([
  'search_path',
  'temp_tablespaces',
  'session_preload_libraries',
  'shared_preload_libraries',
  'local_preload_libraries',
  'unix_socket_directories',
]);

function storeSetting({ role, database, name: setting, value }: StoredSetting): string {
  const whose =
    role === null
      ? `DATABASE ${name(database ?? '')}`
      : `ROLE ${name(role)}${database === null ? '' : ` IN DATABASE ${name(database)}`}`;
  const parts = QUOTED_LISTS.has(setting.toLowerCase()) ? splitList(value) : [value];
  const shown = setting.split('.').map(name).join('.');
  return `ALTER ${whose} SET ${shown} TO ${parts.map(text).join(', ') || "''"}`;
}

/** `"$user", public` as its parts. */
function splitList(list: string): string[] {
  const parts = list.match(/"(?:[^"]|"")*"|[^\s,"]+/g) ?? [];
  return parts.map(part => (part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part));
}
