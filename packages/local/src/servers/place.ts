/** Where a server's files lie. The server's own account can write to `data`, `log` and `socket` only; all else is the plane's. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../home/home.ts';

export interface InstancePlace {
  /** All of the instance; also of the server beside it while it is upgraded. */
  root: string;
  /** Of the server that has its port: the root, or, after a major upgrade, a seat below it. */
  folder: string;
  /** What must not be forgotten about the server. */
  record: string;
  data: string;
  log: string;
  configuration: string;
  tls: string;
  /** One mark for each WAL file that is stored in the bucket. */
  archived: string;
  /** What the server says before its own log is open. */
  startLog: string;
}

/** @throws Error for a name that is no name of an object, and could lead elsewhere */
export function placeOf(home: Pick<Home, 'instances'>, server: string): InstancePlace {
  if (!/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(server)) {
    throw new Error(`cannot keep a server named ${JSON.stringify(server)}: that is no name of an object`);
  }
  const root = join(home.instances, server);
  return placeIn(root, seatOf(root));
}

/** A seat is the folder of one server of an instance; the first has none of its own. */
export const SEAT = /^s[1-9]\d{0,5}$/;

function seatOf(root: string): string | undefined {
  try {
    const { seat } = JSON.parse(readFileSync(join(root, RECORD), 'utf8')) as { seat?: unknown };
    return typeof seat === 'string' && SEAT.test(seat) ? seat : undefined;
  } catch {
    // None yet, or damaged: whoever reads the record says so.
    return undefined;
  }
}

const RECORD = 'instance.json';

/** The places of an instance whose folder this is, for its server in that seat. */
export function placeIn(root: string, seat?: string): InstancePlace {
  const folder = seat === undefined ? root : join(root, seat);
  const at = (name: string): string => join(folder, name);
  return {
    root,
    folder,
    record: join(root, RECORD),
    data: at('data'),
    log: at('log'),
    configuration: at('conf'),
    tls: at('tls'),
    archived: at('archived'),
    startLog: at('start.log'),
  };
}

/** What the kernel takes for the path of a socket. */
const LONGEST_SOCKET = 107;

/**
 * The folder with one folder a server for its socket: in the home, where nobody else can put anything, or, where its path
 * is too long for a socket, in a place with a short one.
 */
export function socketRoot(home: string, uid: number = process.geteuid?.() ?? 0): string {
  const own = join(home, 's');
  if (Buffer.byteLength(socketPath(own, 65_535)) < LONGEST_SOCKET) return own;
  const hash = createHash('sha256').update(home).digest('hex').slice(0, 10);
  return uid === 0 ? `/run/larder-${hash}` : `/tmp/larder-${uid}-${hash}`;
}

/** The folder that holds one server's socket. */
export function socketFolder(root: string, port: number): string {
  return join(root, String(port));
}

function socketPath(root: string, port: number): string {
  return join(socketFolder(root, port), `.s.PGSQL.${port}.lock`);
}
