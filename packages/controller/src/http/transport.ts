/** HTTPS to one API server, with connections kept open: requests in, status and body out. Knows nothing of objects. */
import http from 'node:http';
import https from 'node:https';
import type { Connection } from './connection.ts';

export interface TransportRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query: `/api/v1/pods?limit=5`. */
  path: string;
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
  /** Its answer lasts, as a watch's: it gets a connection of its own, and takes none from the others. */
  lasts?: boolean;
}

export interface TransportResponse {
  status: number;
  headers: http.IncomingHttpHeaders;
  /** The body as it comes in; must be read to its end or destroyed. */
  stream: http.IncomingMessage;
}

export interface Transport {
  /** @throws ConnectionError when there is no answer */
  open(request: TransportRequest): Promise<TransportResponse>;
  /** The same with the whole body read. */
  request(request: TransportRequest): Promise<{ status: number; headers: http.IncomingHttpHeaders; body: string }>;
  /** Ends idle connections. */
  close(): void;
}

/** No answer: nothing is known of what the server did with the request. */
export class ConnectionError extends Error {}

/** A body larger than any Kubernetes answer that we ask for in one page. */
const LARGEST_BODY = 256 * 1024 * 1024;

/** Nothing is opened before the first request. */
export function httpTransport(connection: Connection): Transport {
  const { close, open } = openerOf(connection);
  const openOnce = async (request: TransportRequest): Promise<TransportResponse> => {
    try {
      return await open(request);
    } catch (error) {
      // The server may have closed an idle connection just when it was used again; a read may simply be asked once more.
      if (request.method !== 'GET' || request.signal?.aborted || !(error instanceof StaleConnection)) throw error;
      return open(request);
    }
  };
  return {
    open: openOnce,
    async request(request) {
      const { status, headers, stream } = await openOnce(request);
      return { status, headers, body: await readAll(stream, connection.server) };
    },
    close,
  };
}

class StaleConnection extends ConnectionError {}

interface Opener {
  close: () => void;
  open: (request: TransportRequest) => Promise<TransportResponse>;
}

function openerOf(connection: Connection): Opener {
  const base = new URL(connection.server);
  const { ca, cert, key, token, tlsServerName } = connection;
  const keep = { keepAlive: true, keepAliveMsecs: 30_000, maxSockets: 64 };
  const secure = base.protocol === 'https:';
  const agentOf = (options: http.AgentOptions): http.Agent =>
    secure ? new https.Agent({ ...options, ca, cert, key, servername: tlsServerName }) : new http.Agent(options);
  const shared = agentOf(keep);
  const lasting = agentOf({});
  const prefix = base.pathname.replace(/\/+$/, '');
  const open = ({ method, path, headers, body, signal, lasts }: TransportRequest): Promise<TransportResponse> =>
    new Promise((resolve, reject) => {
      const all: Record<string, string> = { accept: 'application/json', 'user-agent': 'larder', ...headers };
      if (token !== undefined) all.authorization = `Bearer ${typeof token === 'function' ? token() : token}`;
      if (body !== undefined) all['content-length'] = String(Buffer.byteLength(body));
      const { hostname, port } = base;
      const host = hostname.replace(/^\[|\]$/g, '');
      const send = (secure ? https : http).request({
        agent: lasts ? lasting : shared,
        method,
        host,
        port,
        path: prefix + path,
        headers: all,
        signal,
      });
      send.on('response', stream => resolve({ status: stream.statusCode ?? 0, headers: stream.headers, stream }));
      send.on('error', cause => {
        const Kind = send.reusedSocket ? StaleConnection : ConnectionError;
        reject(signal?.aborted ? cause : new Kind(`cannot reach ${connection.server}: ${causeText(cause)}`, { cause }));
      });
      send.end(body);
    });
  const close = (): void => {
    shared.destroy();
    lasting.destroy();
  };
  return { close, open };
}

/** The whole body. @throws ConnectionError when it breaks off */
export async function readAll(stream: http.IncomingMessage, server: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > LARGEST_BODY) throw new Error('the answer is too large');
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new ConnectionError(`cannot read the answer of ${server}: ${causeText(cause)}`, { cause });
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Node's text for a failed connection to several addresses is empty. */
function causeText(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const { code } = cause as NodeJS.ErrnoException;
  return cause.message || code || cause.name;
}
