/** Extensions that an owner asks for. They are created and updated, never dropped: what depends on them would go too. */
import type { PostgresServerSpec } from '@larder/catalog';
import { quoteIdentifier, quoteLiteral, type Session } from '@larder/postgres';

interface ExtensionRow {
  name: string;
  installed: string | null;
  versions: string[];
  /** Where it has to be, if it says so. */
  schema: string | null;
}

/** What keeps extensions from being there, one sentence each; empty when all are. `session` is with the owner's database. */
export async function ensureExtensions(session: Session, wanted: PostgresServerSpec['extensions']): Promise<string[]> {
  const problems: string[] = [];
  for (const { name, version } of wanted) {
    const found = await findExtension(session, name);
    const problem = refuse(found, name, version);
    if (problem !== undefined) problems.push(problem);
    else await bring(session, found!, version).catch((error: Error) => problems.push(`${name}: ${error.message}`));
  }
  return problems;
}

async function findExtension(session: Session, name: string): Promise<ExtensionRow | undefined> {
  const [found] = await session.rows<ExtensionRow>(
    `SELECT e.name, e.installed_version AS installed,
            pg_catalog.array_agg(v.version ORDER BY v.version) AS versions, pg_catalog.min(v.schema) AS schema
       FROM pg_catalog.pg_available_extensions e JOIN pg_catalog.pg_available_extension_versions v USING (name)
      WHERE e.name = $1 GROUP BY 1, 2`,
    [name],
  );
  return found;
}

function refuse(found: ExtensionRow | undefined, name: string, version: string | undefined): string | undefined {
  if (!found) return `${name}: these PostgreSQL binaries don’t bring this extension; remove it from the list`;
  if (version === undefined || found.versions.includes(version)) return undefined;
  return `${name}: version ${version} isn’t there, but ${found.versions.join(', ')}; ask for one of these`;
}

async function bring(session: Session, found: ExtensionRow, version: string | undefined): Promise<void> {
  const name = quoteIdentifier(found.name);
  if (found.installed === null) {
    const schema = found.schema === null ? ' SCHEMA public' : '';
    const exactly = version === undefined ? '' : ` VERSION ${quoteLiteral(version)}`;
    await session.rows(
      `CREATE EXTENSION IF NOT EXISTS ${name}${schema || exactly ? ' WITH' : ''}${schema}${exactly} CASCADE`,
    );
  } else if (version !== undefined && version !== found.installed) {
    await session.rows(`ALTER EXTENSION ${name} UPDATE TO ${quoteLiteral(version)}`);
  }
}
