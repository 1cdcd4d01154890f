/** Decides for each statement of a dump who runs it on the new server: the schema's own login, or, for a short list, the plane. Pure. */
import { splitStatements } from './statements.ts';

export interface SchemaStep {
  /** `writer` is no superuser; `plane` is. */
  as: 'writer' | 'plane';
  /** Whom the writer shall be meanwhile: what it makes is that role's at once. */
  role?: string;
  sql: string;
}

export interface SchemaInput {
  dump: string;
  /** Of the new server. */
  major: number;
  /** Extensions of the old database. */
  extensions: { name: string; owner: string; trusted: boolean }[];
  /** No superuser may own what is run here; the plane itself is one. */
  superusers: string[];
}

/** Settings that pg_dump sets for its session, and the first major that knows each. What isn't here is left out. */
const SESSION_SETTINGS: Record<string, number> = {
  statement_timeout: 9,
  lock_timeout: 9,
  idle_in_transaction_session_timeout: 9,
  transaction_timeout: 17,
  client_encoding: 9,
  standard_conforming_strings: 9,
  check_function_bodies: 9,
  xmloption: 9,
  client_min_messages: 9,
  row_security: 9,
  default_table_access_method: 12,
};

/** @throws Error for what only a superuser could run and isn't on the list */
export function planSchema(input: SchemaInput): SchemaStep[] {
  return splitStatements(input.dump)
    .filter(sql => isKnownSetting(sql, input.major))
    .map(sql => stepFor(sql, input))
    .filter(step => step !== undefined);
}

function isKnownSetting(sql: string, major: number): boolean {
  const name = /^SET\s+([a-z_]+)\s*=/.exec(sql)?.[1];
  return name === undefined || (SESSION_SETTINGS[name] ?? Infinity) <= major;
}

function stepFor(sql: string, { extensions, superusers }: SchemaInput): SchemaStep | undefined {
  const made = /^CREATE EXTENSION IF NOT EXISTS (?<name>"(?:[^"]|"")*") WITH SCHEMA "(?:[^"]|"")*"$/.exec(sql);
  if (made) return extensionStep(sql, unquoted(made.groups?.name ?? ''), extensions, superusers);
  // The extension's own text, made by the server just before.
  if (/^COMMENT ON EXTENSION "(?:[^"]|"")*" IS '(?:[^']|'')*'$/.test(sql)) return undefined;
  // Whom it goes to may lack the right to make it there by now; nothing of a tenant's runs in either.
  const given = OWNER.exec(sql);
  if (given) return { as: 'plane', sql: ownerStatement(sql, unquoted(given.groups?.role ?? ''), superusers) };
  if (/^COMMENT ON SCHEMA "public" IS '(?:[^']|'')*'$/.test(sql)) return { as: 'plane', sql };
  const forbidden = FORBIDDEN.find(({ pattern }) => pattern.test(sql));
  if (forbidden)
    throw new Error(`cannot carry over ${forbidden.what}: only a superuser could make it, and it is no extension's`);
  return { as: 'writer', sql };
}

/** Names, types and punctuation between the kind of an object and its new owner, and nothing else. */
const OWNER =
  /^ALTER [A-Z ]+ (?:"(?:[^"]|"")*"|[a-z0-9_ .,()[\]])+ (?:USING "(?:[^"]|"")*" )?OWNER TO (?<role>"(?:[^"]|"")*")$/;

function ownerStatement(sql: string, role: string, superusers: string[]): string {
  if (!superusers.includes(role)) return sql;
  throw new Error(
    `cannot carry over what the superuser ${JSON.stringify(role)} owns: give it to another role first (REASSIGN OWNED)`,
  );
}

/** Nothing in a dump of what tenants may make begins like this. */
const FORBIDDEN = [
  { pattern: /^(SET|RESET)\s+(SESSION|ROLE|LOCAL)/i, what: 'a change of roles' },
  { pattern: /^CREATE\s+EVENT\s+TRIGGER\b/i, what: 'an event trigger' },
  { pattern: /^CREATE\s+(TRUSTED\s+)?(PROCEDURAL\s+)?LANGUAGE\b/i, what: 'a language' },
  { pattern: /^COPY\b/i, what: 'rows in the schema' },
];

function extensionStep(
  sql: string,
  name: string,
  extensions: SchemaInput['extensions'],
  superusers: string[],
): SchemaStep {
  const known = extensions.find(each => each.name === name);
  if (!known) throw new Error(`cannot make the extension ${JSON.stringify(name)}: the old database doesn't have it`);
  if (!known.trusted || superusers.includes(known.owner)) return { as: 'plane', sql };
  return { as: 'writer', role: known.owner, sql };
}

function unquoted(name: string): string {
  return name.slice(1, -1).replaceAll('""', '"');
}
