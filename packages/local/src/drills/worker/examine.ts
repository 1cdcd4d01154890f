/** Looks at the restored server, which nobody else can reach: its indexes, its catalogues, and what its owner asks of it. */
import {
  connect,
  PLANE_ROLE,
  quoteIdentifier,
  quoteLiteral,
  scramVerifier,
  type Endpoint,
  type Session,
} from '@larder/postgres';
import { databasesOf, differences, digestCatalogue, inSession, type Digest } from './catalogue.ts';
import { counted } from './words.ts';

export interface Examination {
  endpoint: Endpoint;
  /** Of the plane's role, and the one that the owner gets. */
  password: string;
  database: string;
  owner: string;
  query?: string;
  /** What the catalogues must say; or why that isn't known. */
  catalogue: Digest | { unknown: string };
  tell: (progress: string) => void;
  signal: AbortSignal;
}

const STATEMENT_MS = 3_600_000;

/** What was found well, in words. @throws Error in words for what isn't */
export async function examine(work: Examination): Promise<string[]> {
  const catalogue = await compareCatalogue(work);
  const indexes = await checkIndexes(work);
  const answer = work.query === undefined ? [] : [await ask(work, work.query)];
  return [catalogue, indexes, ...answer];
}

function sessionIn({ endpoint, password }: Examination, database: string): Promise<Session> {
  return connect(endpoint, { user: PLANE_ROLE, password, database }, { statementMs: STATEMENT_MS });
}

async function compareCatalogue(work: Examination): Promise<string> {
  work.tell('its catalogue is compared with the server’s');
  // Read even where there is nothing to compare it with: what can't be read is damaged.
  const here = await digestCatalogue(database => sessionIn(work, database));
  const { catalogue: there } = work;
  if (isUnknown(there))
    return `catalogue: it can be read; it was not compared with the server’s, since ${there.unknown}`;
  const found = differences(there, here);
  if (found.length === 0) return 'catalogue: the same as the server’s when the drill began';
  const more = found.length > 3 ? `; and ${found.length - 3} more` : '';
  throw new Error(`its catalogue is not the server’s: ${found.slice(0, 3).join('; ')}${more}`);
}

function isUnknown(catalogue: Examination['catalogue']): catalogue is { unknown: string } {
  return typeof catalogue.unknown === 'string';
}

const AMCHECK = 'larder_drill';

async function checkIndexes(work: Examination): Promise<string> {
  const databases = await inSession(database => sessionIn(work, database), 'postgres', databasesOf);
  let indexes = 0;
  for (const name of databases) {
    const checked = await inSession(
      database => sessionIn(work, database),
      name,
      session => checkIndexesOf(work, session, name),
    );
    if (checked === undefined) return 'indexes: not checked, since this PostgreSQL comes without amcheck';
    indexes += checked;
  }
  return `indexes: amcheck found nothing wrong in ${counted(indexes, 'B-tree index', 'B-tree indexes')} of ${counted(databases.length, 'database')}, and every row in them`;
}

/** How many there are; `undefined` when there is no amcheck. */
async function checkIndexesOf(work: Examination, session: Session, database: string): Promise<number | undefined> {
  const schema = await ensureAmcheck(session);
  if (schema === undefined) return undefined;
  const indexes = await session.rows<{ oid: number; name: string }>(BTREES);
  for (const [at, { oid, name }] of indexes.entries()) {
    work.signal.throwIfAborted();
    work.tell(`the indexes of database "${database}" are checked: ${at} of ${indexes.length}`);
    try {
      await session.rows(`SELECT ${quoteIdentifier(schema)}.bt_index_check($1::oid::regclass, true)`, [oid]);
    } catch (cause) {
      const message = `the index ${name} of database "${database}" is damaged: ${(cause as Error).message}`;
      throw new Error(message, { cause });
    }
  }
  return indexes.length;
}

const BTREES = `SELECT c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
  FROM pg_index JOIN pg_class c ON c.oid = indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am a ON a.oid = c.relam
 WHERE a.amname = 'btree' AND c.relkind = 'i' AND c.relpersistence <> 't' AND indisvalid AND indisready ORDER BY c.oid`;

async function ensureAmcheck(session: Session): Promise<string | undefined> {
  const [there] = await session.rows<{ schema: string }>(
    `SELECT nspname AS schema FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'amcheck'`,
  );
  if (there) return there.schema;
  const [offered] = await session.rows(`SELECT 1 FROM pg_available_extensions WHERE name = 'amcheck'`);
  if (!offered) return undefined;
  await session.rows(`CREATE SCHEMA ${AMCHECK}`);
  await session.rows(`CREATE EXTENSION amcheck SCHEMA ${AMCHECK}`);
  return AMCHECK;
}

/** By a login of the owner's own: what it asks can do what the owner can, and nothing else. */
async function ask(work: Examination, query: string): Promise<string> {
  const { endpoint, owner: user, password, database } = work;
  work.tell('your query is asked');
  await inSession(
    name => sessionIn(work, name),
    'postgres',
    async session => {
      const verifier = quoteLiteral(await scramVerifier(password));
      await session.rows(
        `ALTER ROLE ${quoteIdentifier(user)} LOGIN CONNECTION LIMIT -1 VALID UNTIL 'infinity' PASSWORD ${verifier}`,
      );
    },
  );
  const open = (): Promise<Session> => connect(endpoint, { user, password, database }, { statementMs: STATEMENT_MS });
  const rows = await inSession(open, database, async session => {
    await session.rows(`SELECT set_config('search_path', '"$user", public', false)`);
    return session.rows(query).catch((error: Error) => {
      throw new Error(`your query failed: ${error.message}`, { cause: error });
    });
  });
  return judgeAnswer(rows);
}

/** @throws Error for any answer but one row that begins with true */
export function judgeAnswer(rows: Record<string, unknown>[]): string {
  if (!Array.isArray(rows) || rows.length !== 1) {
    throw new Error(`your query gave ${counted(rows?.length ?? 0, 'row')}: write one that gives a single row, true`);
  }
  const [value] = Object.values(rows[0]!);
  if (value === true) return 'your query: it gave true';
  if (value === false) throw new Error('your query gave false');
  throw new Error(
    'your query gave neither true nor false: compare what it finds, as in SELECT count(*) > 0 FROM orders',
  );
}
