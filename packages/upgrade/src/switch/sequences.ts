/** Sequences, which replication doesn't carry: taken over as they stand while nobody writes. */
import { quoteIdentifier, quoteLiteral, type Session } from '@larder/driver';
import { inDatabase, type Side } from '../side.ts';

/** May run twice. */
export async function carrySequences(from: Side, to: Side, database: string): Promise<number> {
  const found = await inDatabase(from, database, readSequences);
  if (found.length === 0) return 0;
  await inDatabase(to, database, session =>
    session.rows(
      `SELECT count(setval(name::regclass, value::bigint, called)) FROM unnest($1::text[], $2::text[], $3::bool[]) AS s (name, value, called)`,
      [found.map(({ name }) => name), found.map(({ value }) => value), found.map(({ called }) => called)],
    ),
  );
  return found.length;
}

async function readSequences(session: Session): Promise<{ name: string; value: string; called: boolean }[]> {
  const all = await session.rows<{ schema: string; name: string }>(
    `SELECT n.nspname::text AS schema, c.relname::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'S' AND n.nspname NOT LIKE 'pg\\_temp%' ORDER BY 1, 2`,
  );
  if (all.length === 0) return [];
  const each = all.map(({ schema, name }) => {
    const sequence = `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
    return `SELECT ${quoteLiteral(sequence)} AS name, last_value::text AS value, is_called AS called FROM ${sequence}`;
  });
  return session.rows(each.join(' UNION ALL '));
}
