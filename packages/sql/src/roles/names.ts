/** The names of roles: who logs in, and which names nobody can have. */
import type { PostgresRoleSpec } from '@larder/catalog';

/** Two logins take turns, so that one password is always valid. */
export function turnLogins(name: string): [string, string] {
  return [`${name}_a`, `${name}_b`];
}

/** The roles of one claim, the one without a login first. */
export function rolesOf({ name, rotationSeconds }: Pick<PostgresRoleSpec, 'name' | 'rotationSeconds'>): string[] {
  return rotationSeconds === undefined ? [name] : [name, ...turnLogins(name)];
}

/** Every role that a claim of this name may ever have had. */
export function allRolesOf(name: string): string[] {
  return [name, ...turnLogins(name)];
}

const BYTES = 63;

/** Why the claim can't have that name; `undefined`: it can. `reserved` are roles of the server itself. */
export function refuseName(
  spec: Pick<PostgresRoleSpec, 'name' | 'rotationSeconds'>,
  reserved: string[],
): string | undefined {
  const { name } = spec;
  const longest = rolesOf(spec).at(-1) ?? name;
  if (Buffer.byteLength(longest) > BYTES) {
    return `"${name}" is too long: "${longest}" has ${Buffer.byteLength(longest)} bytes, and PostgreSQL's names at most ${BYTES}: choose a shorter name`;
  }
  if (/^pg_/i.test(name)) return `"${name}" is PostgreSQL's own: names with pg_ are; choose another`;
  if (/^larder/i.test(name)) return `"${name}" is Larder's own: names with larder are; choose another`;
  if (name.includes('\0'))
    return `${JSON.stringify(name)} holds a NUL, which no name in PostgreSQL can: choose another`;
  if (name === 'postgres' || name === 'public' || name === 'none') return `"${name}" is reserved; choose another`;
  const taken = rolesOf(spec).find(each => reserved.includes(each));
  return taken === undefined
    ? undefined
    : `"${taken}" is the login of the server's own connection secret; choose another`;
}
