/** Where a server's files lie. The server's own account can write to `data`, `log` and `socket` only; all else is the plane's. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Home } from '../home/home.ts';

export interface InstancePlace {
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
  return placeIn(join(home.instances, server));
}

/** The places of an instance whose folder this is. */
export function placeIn(folder: string): InstancePlace {
  const at = (name: string): string => join(folder, name);
  return {
    folder,
    record: at('instance.json'),
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
