/** The gRPC server that Crossplane calls. It ends gracefully: calls under way are answered first. */
import { FunctionRunnerServiceService, type RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import type { RunFunctionResponse } from '@crossplane-org/function-sdk-typescript';
import type { AddressInfo } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import { mutualTls } from './credentials.ts';
import { startHealth } from './health.ts';
import { Metrics } from './metrics.ts';
import { run, type About } from './run.ts';

/** Where a line goes. Gets fields and a message, and never a secret. */
export interface FunctionLog {
  info(fields: object, message: string): void;
  debug(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface FunctionOptions {
  /** Host and port; port 0 takes a free one. */
  address: string;
  /** Folder with tls.crt, tls.key and ca.crt; absent: no TLS at all, for trying out alone. */
  certificates?: string;
  /** How often certificates are looked at, in milliseconds. */
  refreshMs?: number;
  /** The largest message either way, in bytes. */
  maxMessageBytes?: number;
  /** Host and port of health and metrics; absent: none. */
  health?: { host: string; port: number };
  log: FunctionLog;
}

export interface RunningFunction {
  port: number;
  healthPort?: number;
  metrics: Metrics;
  /** Resolves when the calls under way are answered; after `graceMs` they are cut. */
  stop(graceMs?: number): Promise<void>;
}

export async function startFunction(options: FunctionOptions): Promise<RunningFunction> {
  const { address, certificates, refreshMs = 10_000, maxMessageBytes = 16 * 1024 ** 2, log } = options;
  const metrics = new Metrics();
  const server = new Server({
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
  });
  server.addService(FunctionRunnerServiceService, { runFunction: answering(metrics, log) });
  const door = certificates === undefined ? undefined : doorOf(server, certificates, refreshMs);
  const port = door ? await listen(door, address) : await bind(server, address);
  let serving = true;
  const health = options.health && (await startHealth({ ...options.health, metrics, isReady: () => serving }));
  log.info({ port, tls: certificates !== undefined }, 'serving');
  return {
    port,
    ...(health ? { healthPort: health.port } : {}),
    metrics,
    stop: async (graceMs = 10_000) => {
      serving = false;
      door?.close();
      await shutdown(server, graceMs);
      await health?.close();
      log.info({}, 'ended');
    },
  };
}

function answering(metrics: Metrics, log: FunctionLog) {
  return (
    call: ServerUnaryCall<RunFunctionRequest, RunFunctionResponse>,
    callback: sendUnaryData<RunFunctionResponse>,
  ): void => {
    const start = performance.now();
    const { response, about, fault } = run(call.request);
    const seconds = (performance.now() - start) / 1000;
    metrics.record(fault ? 'fault' : 'done', seconds);
    tell(log, about, fault, seconds);
    callback(null, response);
  };
}

function tell(log: FunctionLog, about: About, fault: Error | undefined, seconds: number): void {
  const fields = { ...about, milliseconds: Math.round(seconds * 1e6) / 1e3 };
  if (fault) log.error({ ...fields, fault: fault.message }, 'cannot compose');
  else log.debug(fields, 'composed');
}

/** TLS ends before gRPC begins: only connections of Crossplane come that far. */
function doorOf(server: Server, certificates: string, refreshMs: number): TlsServer {
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  return mutualTls(certificates, refreshMs, socket => injector.injectConnection(socket));
}

function listen(door: TlsServer, address: string): Promise<number> {
  const [host = '0.0.0.0', port = '9443'] = address.split(/:(?=\d+$)/);
  return new Promise((resolve, reject) => {
    door.once('error', reject);
    door.listen(Number(port), host.replace(/^\[|\]$/g, ''), () => resolve((door.address() as AddressInfo).port));
  });
}

function bind(server: Server, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}

function shutdown(server: Server, graceMs: number): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(() => server.forceShutdown(), graceMs);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
