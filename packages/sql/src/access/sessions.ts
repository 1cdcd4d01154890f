/**
 * Sessions with servers: at most four at once with each, kept for a moment in case the next reconcile wants the same
 * database, then closed. Many users of one server so share a few connections, and an idle plane holds none. Who holds a
 * session must not wait for another one: four who did would wait for each other.
 */
import { connect, type Endpoint, type Login, type Session } from '@larder/driver';

export interface Address {
  /** Same id: same server, same login. */
  id: string;
  endpoint: Endpoint;
  login: Omit<Login, 'database'>;
}

const MOST = 4;
const IDLE_MS = 2_000;

interface Idle {
  database: string;
  session: Session;
  timer: NodeJS.Timeout;
}

/** Somebody in line: gets a session that is free, or only the room for one. */
interface Waiter {
  /** Absent: only room is wanted. */
  database: string | undefined;
  give(session: Session | undefined): void;
}

class Server {
  open = 0;
  readonly idle: Idle[] = [];
  readonly waiting: Waiter[] = [];
}

export class Sessions {
  readonly #servers = new Map<string, Server>();

  /** Runs `work` in a session with that database; one whose work failed isn't used again. */
  async use<T>(address: Address, database: string, work: (session: Session) => Promise<T>): Promise<T> {
    const server = this.#server(address.id);
    const session = await this.#take(server, address, database);
    try {
      const result = await work(session);
      this.#keep(server, database, session);
      return result;
    } catch (error) {
      await this.#close(server, session);
      throw error;
    }
  }

  /** Runs `work`, which opens one connection of its own: with another login, to see whether that works. Counts as a session. */
  async useOwn<T>({ id }: Pick<Address, 'id'>, work: () => Promise<T>): Promise<T> {
    const server = this.#server(id);
    await this.#idle(server, undefined);
    await this.#room(server, undefined);
    try {
      return await work();
    } finally {
      this.#left(server);
    }
  }

  /** Closes what nobody uses. */
  async close(): Promise<void> {
    const all = [...this.#servers.values()];
    await Promise.all(all.flatMap(server => server.idle.splice(0).map(idle => this.#end(server, idle))));
  }

  #server(id: string): Server {
    const server = this.#servers.get(id) ?? new Server();
    this.#servers.set(id, server);
    return server;
  }

  async #take(server: Server, { endpoint, login }: Address, database: string): Promise<Session> {
    const free = (await this.#idle(server, database)) ?? (await this.#room(server, database));
    if (free !== undefined) return free;
    try {
      return await connect(endpoint, { ...login, database });
    } catch (error) {
      this.#left(server);
      throw error;
    }
  }

  /** One with that database; where there is no room for more, one with another gives way. */
  async #idle(server: Server, database: string | undefined): Promise<Session | undefined> {
    const ready = server.idle.findIndex(idle => idle.database === database);
    const [found] = ready < 0 ? [] : server.idle.splice(ready, 1);
    if (found) {
      clearTimeout(found.timer);
      return found.session;
    }
    const [oldest] = server.open < MOST ? [] : server.idle.splice(0, 1);
    if (oldest) await this.#end(server, oldest);
    return undefined;
  }

  /** `undefined`: one more may be opened, and is counted already. */
  async #room(server: Server, database: string | undefined): Promise<Session | undefined> {
    if (server.open < MOST && server.waiting.length === 0) {
      server.open++;
      return undefined;
    }
    return new Promise(resolve => server.waiting.push({ database, give: resolve }));
  }

  #keep(server: Server, database: string, session: Session): void {
    const next = server.waiting.findIndex(waiter => waiter.database === database);
    const [waiter] = next < 0 ? [] : server.waiting.splice(next, 1);
    if (waiter) return waiter.give(session);
    if (server.waiting.length > 0) return void this.#close(server, session);
    const idle: Idle = { database, session, timer: setTimeout(() => this.#expire(server, idle), IDLE_MS) };
    idle.timer.unref();
    server.idle.push(idle);
  }

  #expire(server: Server, idle: Idle): void {
    server.idle.splice(server.idle.indexOf(idle), 1);
    void this.#end(server, idle);
  }

  async #end(server: Server, { session, timer }: Idle): Promise<void> {
    clearTimeout(timer);
    await this.#close(server, session);
  }

  async #close(server: Server, session: Session): Promise<void> {
    await session.close().catch(() => undefined);
    this.#left(server);
  }

  /** A session has gone: its room is the next one's. */
  #left(server: Server): void {
    const next = server.waiting.shift();
    if (next) next.give(undefined);
    else server.open--;
  }
}
