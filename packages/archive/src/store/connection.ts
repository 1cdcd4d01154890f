/** The SDK's client of one destination: path style, connections kept alive, each silence bounded. */
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

const CONNECT_MS = 5_000;

export function connect(
  destination: Destination,
  { connections = 16, silenceMs = 30_000 }: { connections?: number; silenceMs?: number },
): Connection {
  checkDestination(destination);
  const { endpoint, region, accessKeyId, secretAccessKey, ca } = destination;
  const agent = { keepAlive: true, maxSockets: connections, timeout: 60_000 };
  const requestHandler = new NodeHttpHandler({
    connectionTimeout: CONNECT_MS,
    socketTimeout: silenceMs,
    // Waiting for a free connection is no fault worth a line on stderr.
    socketAcquisitionWarningTimeout: 2 ** 31 - 1,
    httpsAgent: new Agent({ ...agent, ca, minVersion: 'TLSv1.2' }),
    httpAgent: new PlainAgent(agent),
  });
  const common = {
    endpoint,
    region,
    forcePathStyle: true,
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
    close: () => requestHandler.destroy(),
  };
}

function silent(): void {}
