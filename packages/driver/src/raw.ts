/**
 * A session whose bytes somebody else speaks: the login is ours, as strict as everywhere (SCRAM only, the server proved); what
 * comes after it is the caller's, message by message.
 */
import type { Duplex } from 'node:stream';
import { clientFor, type ConnectOptions, type Endpoint, type Login } from './connect.ts';

export interface RawSession {
  /** The server's side of the protocol, from behind its first ReadyForQuery. */
  stream: Duplex;
  /** What the server said of itself: `server_version`, `client_encoding` and the like. */
  parameters: Record<string, string>;
  close(): void;
}

interface Wire {
  connection: {
    stream: Duplex;
    on(event: 'parameterStatus', hear: (message: { parameterName: string; parameterValue: string }) => void): void;
  };
}

/** @throws Error as `connect` does */
export async function connectRaw(endpoint: Endpoint, login: Login, options: ConnectOptions = {}): Promise<RawSession> {
  const client = clientFor(endpoint, login, options);
  const { connection } = client as unknown as Wire;
  const parameters: Record<string, string> = {};
  connection.on('parameterStatus', ({ parameterName, parameterValue }) => (parameters[parameterName] = parameterValue));
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  // TLS has put another stream in the place of the first.
  const { stream } = connection;
  stream.removeAllListeners('data');
  stream.on('error', () => undefined);
  return { stream, parameters, close: () => stream.destroy() };
}
