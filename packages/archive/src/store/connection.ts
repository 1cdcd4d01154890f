/** The SDK's client of one destination: connections kept alive, each silence bounded. */
import { Agent } from 'node:https';
import { Agent as PlainAgent } from 'node:http';
import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { checkDestination, type Destination } from './destination.ts';

export interface Connection {
  /** Tries once. */
  client: S3Client;
  /** Tries again by itself: for calls that a library makes. */
  patient: S3Client;
  close(): void;
}

/** Connections that several stores use, of whatever destinations: one that is idle still costs memory and a handshake. */
export interface SharedConnections {
  /** The stores that use them are closed before. */
  close(): void;
}

export interface ConnectOptions {
  /** At once. @default 16 */
  connections?: number;
  /** How long the store may be silent (ms). @default 30_000 */
  silenceMs?: number;
  /** In place of connections of its own; then `connections` says nothing. */
  shared?: SharedConnections;
}

const CONNECT_MS = 5_000;

export function connect(destination: Destination, options: ConnectOptions): Connection {
  checkDestination(destination);
  const { connections = 16, silenceMs = 30_000, shared } = options;
  const { endpoint, region, accessKeyId, secretAccessKey, ca, addressing } = destination;
  const agents = shared instanceof AgentsByAuthority ? shared.get(ca) : newAgents(ca, connections);
  const requestHandler = new NodeHttpHandler({
    connectionTimeout: CONNECT_MS,
    socketTimeout: silenceMs,
    // Waiting for a free connection is no fault worth a line on stderr.
    socketAcquisitionWarningTimeout: 2 ** 31 - 1,
    ...agents,
  });
  const common = {
    endpoint,
    region,
    forcePathStyle: addressing !== 'virtual',
    credentials: { accessKeyId, secretAccessKey },
    requestHandler,
    // What fails is thrown; the SDK says it on stderr too, unless it is given somebody else to tell.
    logger: { debug: silent, info: silent, warn: silent, error: silent },
  };
  const client = new S3Client({ ...common, maxAttempts: 1 });
  let patient: S3Client | undefined;
  return {
    client,
    get patient() {
      return (patient ??= new S3Client({ ...common, maxAttempts: 5 }));
    },
    // It would end connections that others use.
    close: () => (shared ? undefined : requestHandler.destroy()),
  };
}

/** @param connections at once to one endpoint */
export function shareConnections(connections = 32): SharedConnections {
  return new AgentsByAuthority(connections);
}

interface Agents {
  httpAgent: PlainAgent;
  httpsAgent: Agent;
}

function newAgents(ca: string | undefined, connections: number): Agents {
  const common = { keepAlive: true, maxSockets: connections, timeout: 60_000 };
  return { httpsAgent: new Agent({ ...common, ca, minVersion: 'TLSv1.2' }), httpAgent: new PlainAgent(common) };
}

/** What one trusts another may not: connections are shared by those who trust the same. */
class AgentsByAuthority implements SharedConnections {
  readonly #connections: number;
  readonly #known = new Map<string | undefined, Agents>();

  constructor(connections: number) {
    this.#connections = connections;
  }

  get(ca: string | undefined): Agents {
    const agents = this.#known.get(ca) ?? newAgents(ca, this.#connections);
    this.#known.set(ca, agents);
    return agents;
  }

  close(): void {
    for (const { httpAgent, httpsAgent } of this.#known.values()) {
      httpAgent.destroy();
      httpsAgent.destroy();
    }
    this.#known.clear();
  }
}

function silent(): void {}
