/** The databases that a role gets rights on, made ready for it. Many roles of one database share the work of a minute. */
import type { DatabaseGrant } from '@larder/catalog';
import type { Server } from '../access/find-server.ts';
import { withServer } from '../access/with-server.ts';
import type { SqlContext } from '../context.ts';
import type { Finding } from '../status.ts';
import type { DatabaseFacts } from './facts.ts';
import { prepareDatabase, type Prepared } from './groups.ts';
import { isOursByComment } from '../mark.ts';

const FRESH_MS = 60_000;

/** Per server and database: when it was made ready last, and how that went. */
export class PreparedDatabases {
  readonly #known = new Map<string, { atMs: number; prepared: Promise<Prepared> }>();

  /** What was found at most a minute ago, or `prepare` now. */
  async get(key: string, prepare: () => Promise<Prepared>): Promise<Prepared> {
    const known = this.#known.get(key);
    if (known && performance.now() - known.atMs < FRESH_MS) return known.prepared;
    const prepared = prepare();
    this.#known.set(key, { atMs: performance.now(), prepared });
    prepared.catch(() => this.#known.delete(key));
    for (const [other, { atMs }] of this.#known) if (performance.now() - atMs > FRESH_MS) this.#known.delete(other);
    return prepared;
  }
}

export interface Granted {
  problems: string[];
  findings: Finding[];
}

export async function prepareGranted(
  context: SqlContext,
  server: Server,
  grants: readonly DatabaseGrant[],
  databases: ReadonlyMap<string, DatabaseFacts>,
): Promise<Granted> {
  const problems: string[] = [];
  const open: string[] = [];
  for (const { database, privilege } of grants) {
    const facts = databases.get(database);
    if (facts === undefined) continue;
    const closed = isClosed(server, facts);
    const key = JSON.stringify([server.id, facts.oid, facts.owner]);
    const prepared = await context.prepared.get(key, () =>
      withServer(context, server, database, session => prepareDatabase(session, facts, { closed })),
    );
    problems.push(...prepared.problems.map(problem => `${database}: ${problem}`));
    if (privilege === 'readonly') open.push(...prepared.open.map(hole => `${database}: ${hole}`));
  }
  return { problems, findings: openFindings(open) };
}

/** Whether PUBLIC keeps nothing there: databases that Larder made. */
function isClosed({ lent }: Server, { name, comment }: DatabaseFacts): boolean {
  return lent?.database === name || isOursByComment(comment);
}

function openFindings(open: string[]): Finding[] {
  if (open.length === 0) return [];
  const message = `readonly holds for what this role was granted, but PUBLIC, or all readers of the database, may do more, which is left as it is: ${open.slice(0, 5).join('; ')}`;
  return [{ type: 'ReadonlyHolds', status: 'False', reason: 'PublicMayWrite', message }];
}
