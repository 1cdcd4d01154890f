/**
 * Bounds what a server can make this process hold: an answer is read whole before anybody sees it, and whoever runs a server may
 * make it as long as they like.
 */
import type { Duplex } from 'node:stream';

/** What `pg` reads from: another stream once TLS stands. Not in its types; a test with a hostile server guards them. */
interface Connection {
  ssl: unknown;
  stream: Duplex;
  once(event: 'connect' | 'sslconnect', run: () => void): void;
  on(event: 'readyForQuery', run: () => void): void;
}

/** More than any login takes. */
const LOGIN_BYTES = 2 ** 20;

/** @param most bytes of one answer, once logged in */
export function boundAnswers(connection: Connection, most: number): void {
  let [bytes, limit] = [0, LOGIN_BYTES];
  connection.once(connection.ssl ? 'sslconnect' : 'connect', () => {
    const { stream } = connection;
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > limit) stream.destroy(new Error(`the server's answer is longer than ${limit} bytes`));
    });
  });
  connection.on('readyForQuery', () => {
    [bytes, limit] = [0, most];
  });
}
