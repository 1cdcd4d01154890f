/** The HTTPS listener: TLS, client certificates, and limits against slow or greedy clients. */
import type { Socket } from 'node:net';
import { createServer, type Server } from 'node:https';
import type { HttpContext } from './context.ts';
import { handle } from './handle.ts';

export interface ListenerOptions {
  tls: { cert: string; key: string };
  /** Certificates that this CA signed log their owners in. */
  clientCa: string;
  host: string;
  /** 0: any free one. */
  port: number;
}

export interface Listener {
  port: number;
  /** Takes new certificates for the connections that come from now on. */
  renew: (tls: { cert: string; key: string }, clientCa: string) => void;
  close(): Promise<void>;
}

const limits = {
  /** Until a request's head is there. */
  headersTimeout: 10_000,
  /** Until a request's body is there. Answers, and so watches, may take as long as they like. */
  requestTimeout: 60_000,
  keepAliveTimeout: 90_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 64 * 1024,
};

export async function listen(context: HttpContext, options: ListenerOptions): Promise<Listener> {
  const { tls, clientCa, host, port } = options;
  const server = createServer({ ...limits, ...secureContext(tls, clientCa) }, (request, response) => {
    void handle(context, request, response);
  });
  // Without a word within this time a new connection is no client.
  server.on('connection', (socket: Socket) => socket.setNoDelay(true));
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ERR_SSL_HTTP_REQUEST') tellPlainHttp(socket);
    socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    renew: (renewed, ca) => server.setSecureContext(secureContext(renewed, ca)),
    close: () => close(server),
  };
}

/** Who speaks HTTP where HTTPS is spoken reads so, as from any Kubernetes: nothing of what they asked for is looked at. */
const PLAIN_HTTP = 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n';

/** Below TLS, which never came to be: Node keeps that connection under a name of its own. Without it there is no answer. */
function tellPlainHttp(socket: Socket): void {
  const { _parent: below } = socket as { _parent?: Socket };
  below?.write(PLAIN_HTTP);
  below?.destroySoon();
}

function secureContext(tls: { cert: string; key: string }, clientCa: string) {
  return {
    ...tls,
    ca: clientCa,
    minVersion: 'TLSv1.2' as const,
    // Whoever has none may still bring a token; one of another CA counts as none.
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: 10_000,
  };
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>(resolve => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
