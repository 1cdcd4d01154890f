/** TCP ports: whether one is free, and who has it if not. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename } from 'node:path';

/** Whether a server could listen there now. An address that this machine doesn't have is nobody's. */
export async function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRNOTAVAIL'));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Who listens on `port`, in words: `process 4711 (nginx)`. */
export function describePortHolder(port: number): string {
  const found = ['tcp', 'tcp6'].flatMap(listeners).find(listener => listener.port === port);
  if (!found) return 'an unknown process';
  const pid = list('/proc').find(name => /^\d+$/.test(name) && holds(name, found.inode));
  return pid === undefined ? `a process of user id ${found.uid}` : `process ${pid} (${commandOf(pid)})`;
}

const LISTEN = '0A';

function listeners(family: string): { port: number; uid: string; inode: string }[] {
  return read(`/proc/net/${family}`)
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(fields => fields[3] === LISTEN)
    .map(([, address = '', , , , , , uid = '', , inode = '']) => ({
      port: Number.parseInt(address.split(':')[1] ?? '', 16),
      uid,
      inode,
    }));
}

function holds(pid: string, inode: string): boolean {
  return list(`/proc/${pid}/fd`).some(fd => link(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`);
}

/** The program and, for interpreters, its script; no options, which may hold secrets. */
function commandOf(pid: string): string {
  const [program = '', script = ''] = read(`/proc/${pid}/cmdline`).split('\0');
  if (program === '') return read(`/proc/${pid}/comm`).trim() || 'unknown';
  return /^[^-=]+$/.test(script) ? `${basename(program)} ${basename(script)}` : basename(program);
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
