/**
 * Carries connections from one listening place to another: `tsx relay.ts tcp:127.0.0.1:16443=unix:/x/api.sock …`. A socket file is the one
 * door into the node's network, so the node needs no interface on the machine. Runs until it is killed.
 */
import { rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { ListenOptions, Server } from 'node:net';
import { fileURLToPath } from 'node:url';

/** `tcp:HOST:PORT` or `unix:PATH`. @throws Error for anything else */
export function parsePlace(text: string): { host: string; port: number } | { path: string } {
  const [, host, port] = /^tcp:([^:]+):(\d+)$/.exec(text) ?? [];
  if (host && port) return { host, port: Number(port) };
  const [, path] = /^unix:(.+)$/.exec(text) ?? [];
  if (path) return { path };
  throw new Error(`cannot relay "${text}": it must be tcp:HOST:PORT or unix:PATH`);
}

/** Listens at `from` and connects each that comes with `to`. */
export function relay(from: string, to: string): Server {
  const target = parsePlace(to);
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, near => {
    const far = connect({ ...target, allowHalfOpen: true });
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    near.pipe(far);
    far.pipe(near);
  });
  const place: ListenOptions = parsePlace(from);
  // A socket file outlives whoever listened at it.
  if (place.path) rmSync(place.path, { force: true });
  return server.listen(place);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const pair of process.argv.slice(2)) {
    const [from = '', to = ''] = pair.split('=');
    relay(from, to);
  }
}
