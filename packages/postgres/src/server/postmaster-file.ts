/** `postmaster.pid`, which the server keeps in its data directory. It is only ever read: the server alone may remove it. */
import { dirname, basename } from 'node:path';
import { readUntrusted } from '../host/untrusted-file.ts';

export interface PostmasterFile {
  pid: number;
  /** Seconds since 1970, by the clock as it was. */
  startedAt: number;
  port: number;
  status: 'starting' | 'stopping' | 'ready' | 'standby';
}

/** Undefined when there is none, or the server has only begun to write it. */
export async function readPostmasterFile(data: string, uid: number): Promise<PostmasterFile | undefined> {
  const content = await readUntrusted(dirname(data), `${basename(data)}/postmaster.pid`, { uid, maxBytes: 4096 });
  return content === undefined ? undefined : parsePostmasterFile(content.toString('utf8'));
}

/** Lines: pid, data directory, start, port, socket folder, address, shared memory, status. */
export function parsePostmasterFile(text: string): PostmasterFile | undefined {
  const lines = text.split('\n').map(line => line.trim());
  const [pid, startedAt, port] = [lines[0], lines[2], lines[3]].map(Number);
  if (!Number.isInteger(pid) || pid! <= 0 || !Number.isInteger(startedAt)) return undefined;
  const status = statusOf(lines[7] ?? '');
  return { pid: pid!, startedAt: startedAt!, port: port ?? 0, status };
}

function statusOf(text: string): PostmasterFile['status'] {
  return text === 'ready' || text === 'stopping' || text === 'standby' ? text : 'starting';
}
