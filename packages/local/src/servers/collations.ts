/** Indexes are sorted by libraries that come with the binaries: others may sort otherwise, and would find nothing any more. */
import type { Binaries } from '@larder/postgres';
import type { InstanceRecord } from './record.ts';
import { planeSession } from './login.ts';
import type { Work } from './work.ts';

/** Why these binaries can't take over; nothing when they sort as those before, or nothing is sorted by what changes. */
export async function orderProblem(work: Work, record: InstanceRecord, next: Binaries): Promise<string | undefined> {
  const changes = changedProviders(record, next);
  if (changes.length === 0) return undefined;
  const indexes = await indexesSortedBy(
    work,
    record,
    changes.map(({ provider }) => provider),
  );
  if (indexes.length === 0) return undefined;
  const what = changes.map(({ name, from, to }) => `${name} ${from} is ${to}`).join(' and ');
  return (
    `version: with ${next.version} ${what}, which may sort texts otherwise, and these indexes would be wrong: ${listed(indexes)}; ` +
    'drop them, or give their columns the collation "C", then create them again after the upgrade'
  );
}

interface ProviderChange {
  /** As in `pg_collation`. */
  provider: 'i' | 'c';
  name: string;
  from: string;
  to: string;
}

/** What isn't known of either can't be compared: it is no change. */
function changedProviders({ binaries }: InstanceRecord, next: Binaries): ProviderChange[] {
  const facts = [
    { provider: 'i', name: 'ICU', from: binaries?.icu, to: next.icu },
    { provider: 'c', name: 'the C library', from: binaries?.collation, to: next.collation },
  ] as const;
  return facts.flatMap(({ from, to, ...rest }) =>
    from === undefined || to === undefined || from === to ? [] : [{ ...rest, from, to }],
  );
}

async function indexesSortedBy(work: Work, record: InstanceRecord, providers: string[]): Promise<string[]> {
  const session = await planeSession(work, record);
  const databases = await session
    .rows<{ name: string }>('SELECT datname AS name FROM pg_catalog.pg_database WHERE datallowconn ORDER BY datname')
    .finally(() => session.close());
  const found: string[] = [];
  for (const { name } of databases) {
    const inside = await planeSession(work, record, name);
    const rows = await inside.rows<{ index: string }>(SORTED, [providers]).finally(() => inside.close());
    found.push(...rows.map(({ index }) => `${name}.${index}`));
  }
  return found;
}

/** Collations of the system’s own, C and POSIX, never change; a database’s default may. */
const SORTED = `
  SELECT DISTINCT pg_catalog.format('%s.%s', n.nspname, c.relname) AS index
    FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
   CROSS JOIN LATERAL pg_catalog.unnest(i.indcollation::pg_catalog.oid[]) AS used(id)
    JOIN pg_catalog.pg_collation AS l ON l.oid = used.id
   CROSS JOIN (SELECT coalesce(d.j ->> 'datlocprovider', 'c') AS provider, d.j ->> 'datcollate' AS locale
                 FROM (SELECT pg_catalog.to_jsonb(b) AS j FROM pg_catalog.pg_database AS b
                        WHERE b.datname = pg_catalog.current_database()) AS d) AS here
   WHERE n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')
     AND (l.collprovider::pg_catalog.text = ANY ($1::pg_catalog.text[]) AND coalesce(l.collcollate, '') NOT IN ('C', 'POSIX')
          OR l.collprovider = 'd' AND here.provider = ANY ($1::pg_catalog.text[])
             AND NOT (here.provider = 'c' AND here.locale IN ('C', 'POSIX')))
   ORDER BY 1`;

function listed(names: string[]): string {
  return names.length > 20 ? `${names.slice(0, 20).join(', ')} and ${names.length - 20} more` : names.join(', ');
}
