/**
 * What the plane orders of the storage process, one file a server, and what that says of its work. The plane writes orders, the
 * storage process reads them and writes states; either may be gone meanwhile.
 *
 * `storage/archives/<server>.json`: archive the log of this server. `storage/restores/<server>.json`: fetch the log for its recovery.
 * `<server>.state.json` beside each.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ArchiverState, Destination, FetcherState } from '@larder/archive';
import { findText, syncFolder, writeFileAtomic } from '../home/files.ts';
import type { Home } from '../home/home.ts';

export type OrderKind = 'archives' | 'restores';

export interface LogOrder {
  server: string;
  /** Of the instance: `data` and the like are in it. Nobody but the plane may write to it. */
  folder: string;
  /** The server's account. */
  uid: number;
  gid: number;
  /** As `pg_controldata` prints it. Of the server that archives, or that is to be recovered. */
  systemIdentifier: string;
  /** With the key to it: an order is a secret. */
  destination: Destination;
}

/** Of either kind. `lastError` is there as long as it lasts. */
export type LogState = Partial<ArchiverState> &
  FetcherState & {
    /** The key that is in use: since then no other is. */
    accessKeyId?: string;
  };

type Place = Pick<Home, 'folder'>;

/** Where orders of a kind lie. */
export function orderFolder(home: Place, kind: OrderKind): string {
  return join(home.folder, 'storage', kind);
}

/** Durable when it returns. May run twice: an order that stands already isn't touched. */
export function writeOrder(home: Place, kind: OrderKind, order: LogOrder): void {
  const path = pathOf(home, kind, order.server);
  const text = `${JSON.stringify(order, null, 2)}\n`;
  if (findText(path) === text) return;
  mkdirSync(orderFolder(home, kind), { recursive: true, mode: 0o700 });
  writeFileAtomic(path, text);
}

/** The storage process stops that work and removes its state. May run twice. */
export function removeOrder(home: Place, kind: OrderKind, server: string): void {
  const path = pathOf(home, kind, server);
  if (findText(path) === undefined) return;
  rmSync(path, { force: true });
  syncFolder(orderFolder(home, kind));
}

export function findOrder(home: Place, kind: OrderKind, server: string): LogOrder | undefined {
  return parse<LogOrder>(findText(pathOf(home, kind, server)));
}

/** The servers with an order. */
export function listOrders(home: Place, kind: OrderKind): string[] {
  try {
    const names = readdirSync(orderFolder(home, kind));
    return names
      .flatMap(name => (ORDER.test(name) && !STATE.test(name) ? [name.slice(0, -'.json'.length)] : []))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** `undefined` while nothing was said about it. */
export function findLogState(home: Place, kind: OrderKind, server: string): LogState | undefined {
  return parse<LogState>(findText(statePath(home, kind, server)));
}

export function statePath(home: Place, kind: OrderKind, server: string): string {
  return join(orderFolder(home, kind), `${checkServer(server)}.state.json`);
}

const ORDER = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\.json$/;
const STATE = /\.state\.json$/;

function pathOf(home: Place, kind: OrderKind, server: string): string {
  return join(orderFolder(home, kind), `${checkServer(server)}.json`);
}

function checkServer(server: string): string {
  if (ORDER.test(`${server}.json`) && !server.endsWith('.state')) return server;
  throw new Error(`cannot order anything for a server named ${JSON.stringify(server)}: that is no name of an object`);
}

function parse<T>(text: string | undefined): T | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined; // half of what nobody wrote that way: a damaged disk
  }
}
