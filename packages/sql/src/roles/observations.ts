/**
 * Reads for many roles of one server at once: whoever asks while the questions before wait for a connection is asked for with
 * them. A resync of hundreds of roles so costs a few queries, and each answer is newer than its question.
 */
import type { Session } from '@larder/driver';
import type { Server } from '../access/find-server.ts';
import type { Sessions } from '../access/sessions.ts';
import { withServer } from '../access/with-server.ts';
import { observeDatabaseOwners, observeDatabases, type DatabaseFacts } from '../databases/facts.ts';
import { observeMyRights, observeRoles, type MyRights, type RoleFacts } from './facts.ts';

export interface ServerFacts {
  mine: MyRights;
  /** Those that are there, of all that were asked for at once. */
  roles: Map<string, RoleFacts>;
  databases: Map<string, DatabaseFacts>;
  databaseOwners: string[];
}

export interface Question {
  roles: readonly string[];
  databases: readonly string[];
}

interface Batch {
  roles: Set<string>;
  databases: Set<string>;
  answer: Promise<ServerFacts>;
}

export class Observations {
  /** By server and database of its secret: questions that nobody has begun to ask yet. */
  readonly #open = new Map<string, Batch>();
  readonly #sessions: Sessions;

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
  }

  /** @throws TroubleError */
  async ask(server: Server, { roles, databases }: Question): Promise<ServerFacts> {
    const key = JSON.stringify([server.id, server.database]);
    const batch = this.#open.get(key) ?? this.#begin(key, server);
    for (const name of roles) batch.roles.add(name);
    for (const name of databases) batch.databases.add(name);
    const { mine, databaseOwners, ...all } = await batch.answer;
    return { mine, databaseOwners, roles: only(all.roles, roles), databases: only(all.databases, databases) };
  }

  #begin(key: string, server: Server): Batch {
    const batch: Batch = { roles: new Set(), databases: new Set(), answer: Promise.resolve({} as ServerFacts) };
    const close = (): void => {
      if (this.#open.get(key) === batch) this.#open.delete(key);
    };
    batch.answer = withServer({ sessions: this.#sessions }, server, server.database, session => {
      close();
      return observe(session, batch);
    }).finally(close);
    this.#open.set(key, batch);
    return batch;
  }
}

async function observe(session: Session, { roles, databases }: Batch): Promise<ServerFacts> {
  const mine = await observeMyRights(session);
  return {
    mine,
    roles: await observeRoles(session, [...roles], mine),
    databases: await observeDatabases(session, [...databases]),
    databaseOwners: await observeDatabaseOwners(session),
  };
}

function only<T>(found: ReadonlyMap<string, T>, names: readonly string[]): Map<string, T> {
  return new Map(names.flatMap(name => (found.has(name) ? [[name, found.get(name) as T] as const] : [])));
}
