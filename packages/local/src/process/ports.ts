/** Who listens on a TCP port of this machine, as far as the asking user may see it. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { commandOf } from './identity.ts';

export interface PortHolder {
  /** Absent when the process belongs to somebody whose processes we can't see. */
  pid?: number;
  command?: string;
  uid: number;
}

/** The listener on `port`; `undefined` when there is none, or no /proc. */
export function findPortHolder(port: number): PortHolder | undefined {
  const socket = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap(listeners).find(listener => listener.port === port);
  if (!socket) return undefined;
  const pid = pidOfSocket(socket.inode);
  if (pid === undefined) return { uid: socket.uid };
  return { pid, command: commandOf(pid), uid: socket.uid };
}

/** One line for people: what keeps the port. */
export function describePortHolder(port: number): string {
  const holder = findPortHolder(port);
  if (!holder) return `port ${port} is in use`;
  if (holder.pid === undefined) return `port ${port} is in use by a process of user id ${holder.uid}`;
  return `port ${port} is in use by process ${holder.pid} (${holder.command ?? 'unknown'})`;
}

const LISTEN = '0A';

function listeners(table: string): { port: number; uid: number; inode: string }[] {
  const rows = readText(table).split('\n').slice(1);
  return rows
    .map(row => row.trim().split(/\s+/))
    .filter(fields => fields[3] === LISTEN)
    .map(fields => ({ port: parseInt(fields[1]!.split(':')[1]!, 16), uid: Number(fields[7]), inode: fields[9]! }));
}

function pidOfSocket(inode: string): number | undefined {
  const pids = list('/proc').filter(name => /^\d+$/.test(name));
  const holder = pids.find(pid =>
    list(`/proc/${pid}/fd`).some(fd => link(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`),
  );
  return holder === undefined ? undefined : Number(holder);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
