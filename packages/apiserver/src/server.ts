/** The API server: everything put together, started and stopped. */
import { builtinResources, type AdmissionRule, type Client, type ResourceDefinition } from '@larder/kube';
import { ServiceAccountTokens } from './auth/tokens.ts';
import { InProcessClient, inProcessContext } from './client.ts';
import { CustomResourceCollector } from './collect/custom-resources.ts';
import { forgetOldEvents } from './collect/events.ts';
import { GarbageCollector } from './collect/garbage.ts';
import { ensurePermanentNamespaces, NamespaceCollector } from './collect/namespaces.ts';
import { Commits } from './commits.ts';
import { newJsonCaches } from './http/json-cache.ts';
import { listen, type ListenerOptions } from './http/listener.ts';
import { strategies } from './kinds/strategies.ts';
import { noPodLogs, type PodLogs } from './pod-logs.ts';
import { serveCustomResources } from './registry/custom-resources.ts';
import { Registry } from './registry/registry.ts';
import type { Api } from './rest/api.ts';
import { PageSnapshots } from './rest/pages.ts';
import type { Store } from './store/store.ts';

export interface ApiServerOptions extends ListenerOptions {
  /** Stays the caller's: closed by them, after the server. */
  store: Store;
  /** PEM of the private key that signs ServiceAccount tokens: RSA, or EC on P-256. */
  serviceAccountKey: string;
  /** Larder's own version; `/version` shows it behind the Kubernetes version whose behaviour clients may expect. */
  version: string;
  /** Served beside the built-in kinds. */
  resources?: readonly ResourceDefinition[];
  /** Asked about every write to the kinds they name. */
  admission?: readonly AdmissionRule[];
  /** @default there are none */
  podLogs?: PodLogs;
  /** Told about failures that no client is told, or that are the server's own fault. @default nobody */
  onError?: (error: unknown) => void;
  /** @default the real time */
  now?: () => Date;
}

export interface ApiServer {
  /** In this process, as `system:masters`; not through the port. */
  client: Client;
  port: number;
  /** Takes new certificates for the connections that come from now on. */
  renewCertificates(tls: { cert: string; key: string }, clientCa: string): void;
  /** Ends watches, collectors and connections; resolves when nothing of it runs any more. */
  close(): Promise<void>;
}

/** Serves when it resolves. @throws Error when the port can't be had */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { store, onError = () => undefined, now = () => new Date() } = options;
  const registry = new Registry([...builtinResources, ...(options.resources ?? [])]);
  const commits = new Commits(store);
  const api: Api = {
    registry,
    commits,
    strategies,
    rules: options.admission ?? [],
    pages: new PageSnapshots(now),
    now,
  };
  const closing = new AbortController();
  const listener = await listen(
    {
      api,
      tokens: new ServiceAccountTokens(store, options.serviceAccountKey, now),
      podLogs: options.podLogs ?? noPodLogs,
      cache: newJsonCaches(),
      version: options.version,
      closing: closing.signal,
      failed: onError,
    },
    options,
  );
  const stopServing = serveCustomResources(registry, commits);
  const stopCollecting = collect(api, onError);
  await ensurePermanentNamespaces(api, inProcessContext());
  return {
    client: new InProcessClient(api),
    port: listener.port,
    renewCertificates: listener.renew,
    async close() {
      closing.abort();
      await Promise.all([listener.close(), stopCollecting()]);
      stopServing();
    },
  };
}

/** Starts what cleans up; returns what ends it. */
function collect(api: Api, onError: (error: unknown) => void): () => Promise<void> {
  const failed = (_key: string, error: unknown) => onError(error);
  const collectors = [
    new CustomResourceCollector(api, failed),
    new NamespaceCollector(api, failed),
    new GarbageCollector(api, failed),
  ];
  const stopForgetting = forgetOldEvents(api, onError);
  return async () => {
    stopForgetting();
    await Promise.all(collectors.map(collector => collector.close()));
  };
}
