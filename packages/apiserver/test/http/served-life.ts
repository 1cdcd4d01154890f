/**
 * A process that is made to be killed: an API server on the folder that its standard input names. It says the port it got, and serves until
 * it is killed.
 */
import { readFileSync, writeSync } from 'node:fs';
import { openStore, startApiServer, type ApiServerOptions } from '../../src/index.ts';

export interface Life {
  folder: string;
  tls: ApiServerOptions['tls'];
  clientCa: string;
  serviceAccountKey: string;
  /** Kept so small that watchers are often answered from disk. */
  memory: { events: number; bytes: number };
  keepEvents: number;
}

const { folder, memory, keepEvents, ...options } = JSON.parse(readFileSync(0, 'utf8')) as Life;
const store = await openStore({ folder, memory, keepEvents, copyEveryMs: 50 });
const server = await startApiServer({
  ...{ ...options, store, host: '127.0.0.1', port: 0, version: '0.1.0' },
  onError: error => console.error('server failure', error),
});
writeSync(1, `${JSON.stringify({ port: server.port })}\n`);
