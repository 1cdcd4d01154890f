/** The names of databases and of the roles that own them. */
import type { PostgresDatabaseSpec } from '@larder/catalog';

const BYTES = 63;
const RESERVED = new Set(['postgres', 'template0', 'template1']);

/** The role that owns the database: the one that the claim names, or one that is made for it and can't log in. */
export function ownerRole({ name, owner }: Pick<PostgresDatabaseSpec, 'name' | 'owner'>): string {
  return owner ?? `${name}_owner`;
}

/** Where a database is made, before it has its mark and its name: a crash between never leaves one that nobody knows. */
export function unfinishedName(uid: string): string {
  return `larder_new_${uid.replaceAll('-', '')}`;
}

/** Why the claim can't have that database; `undefined`: it can. */
export function refuseDatabaseName(spec: Pick<PostgresDatabaseSpec, 'name' | 'owner'>): string | undefined {
  const { name } = spec;
  const owner = ownerRole(spec);
  const long = [name, owner].find(each => Buffer.byteLength(each) > BYTES);
  if (long !== undefined)
    return `"${long}" has ${Buffer.byteLength(long)} bytes, and PostgreSQL's names at most ${BYTES}: choose a shorter name`;
  if (`${name}${owner}`.includes('\0'))
    return `${JSON.stringify(name)} or its owner holds a NUL, which no name in PostgreSQL can: choose another`;
  if (RESERVED.has(name)) return `"${name}" comes with every server: choose another name`;
  if (/^larder/i.test(name)) return `"${name}" is Larder's own: names with larder are; choose another`;
  if (/^(pg_|larder)/i.test(owner)) return `the owner "${owner}" is a role of the server itself: choose another`;
  return undefined;
}
