/**
 * The plane in this process: store, API, catalog and reconcilers, opened in this order and closed in the other. There is no other
 * start-up after a crash: everything here may run over whatever a killed plane left behind.
 */
import { openStore, startApiServer, type ApiServer, type Store } from '@larder/apiserver';
import { services } from '@larder/catalog';
import { admissionRules } from '@larder/composer';
import type { Logger } from '@larder/controller';
import type { Client } from '@larder/kube';
import { describePortHolder } from '@larder/postgres';
import type { Home } from '../home/home.ts';
import { podLogsOf } from '../jobs/pod-logs.ts';
import { removeLeftovers } from '../lifecycle/leftovers.ts';
import { ensureKubeconfig, kubeconfigText } from '../pki/kubeconfig.ts';
import { openPki, type Pki } from '../pki/pki.ts';
import { resolveListen, type ListenWish } from './listen.ts';
import { keepMonitor } from '../monitor/keep.ts';
import { startPlaneMetrics } from '../monitor/plane-metrics.ts';
import { tellStopped } from '../servers/index.ts';
import { keepStorage } from '../storage/keep.ts';
import { startReconcilers, type Reconcilers } from './reconcilers.ts';
import { startRenewal } from './renewal.ts';

export interface StartPlaneOptions {
  home: Home;
  version: string;
  log: Logger;
  /** Must be free. Absent: `preferredPort` if it is free, else any. */
  apiPort?: number;
  preferredPort?: number;
  /** @default loopback only */
  listen?: ListenWish;
  /** The wall clock, by which certificates are made and renewed. */
  clock?: () => Date;
  /** How often certificates are looked at (ms). @default 60_000 */
  renewEveryMs?: number;
}

export interface Plane {
  apiPort: number;
  /** `https://127.0.0.1:<port>` */
  api: string;
  /** Of its API, as its administrator. */
  client: Client;
  /** Where buckets are served; null when they are not. */
  s3: string | null;
  /** Rejects when a part of the plane fails for good: then the process should end, and be started again. */
  failed: Promise<never>;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** A plane whose API serves the catalog. The caller holds the home's lock. */
export async function startPlane(options: StartPlaneOptions): Promise<Plane> {
  const { home, log, clock = () => new Date(), renewEveryMs } = options;
  const listen = await resolveListen(options.listen);
  const [pki, store] = await Promise.all([
    openPki(home, clock),
    openStore({ folder: home.store }),
    removeLeftovers(home, log),
  ]);
  const stops: (() => unknown)[] = [() => store.close()];
  const close = async (): Promise<void> => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  // It has a processor of its own to start on, while the API starts on this one.
  const keeping = keepStorage({ home, pki, version: options.version, log: log.with({ part: 'storage' }) });
  stops.push(async () => (await keeping).stop());
  const monitor = keepMonitor({ home, pki, version: options.version, log: log.with({ part: 'monitor' }) });
  stops.push(() => monitor.stop());
  const counting = startPlaneMetrics({ home, pki, version: options.version, clock });
  stops.push(() => counting.stop());
  try {
    const api = await serve(options, pki, store);
    stops.push(() => api.close());
    const url = `https://${HOST}:${api.port}`;
    const writeKubeconfig = ({ caCertificate, admin }: Pki): void =>
      ensureKubeconfig(home.kubeconfig, kubeconfigText({ server: url, ca: caCertificate, client: admin }));
    writeKubeconfig(pki);
    const use = (renewed: Pki): void => {
      if (renewed.apiServer.cert !== pki.apiServer.cert || renewed.caCertificate !== pki.caCertificate)
        api.renewCertificates(renewed.apiServer, renewed.caCertificate);
      Object.assign(pki, renewed); // the reconcilers have it too
      writeKubeconfig(renewed);
    };
    const renewal = startRenewal({ home, log, clock, everyMs: renewEveryMs, use });
    stops.push(() => renewal.stop());
    await tellStopped(api.client, home, clock());
    const reconcilers: Reconcilers = startReconcilers({
      home,
      pki,
      log,
      listen,
      clock,
      storage: keeping,
      client: api.client,
      apiPort: api.port,
    });
    stops.push(() => reconcilers.stop());
    const [storage] = await Promise.race([Promise.all([keeping, reconcilers.offered]), reconcilers.failed]);
    return {
      client: api.client,
      apiPort: api.port,
      api: url,
      s3: storage.endpoint()?.url ?? null,
      failed: reconcilers.failed,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function serve(options: StartPlaneOptions, pki: Pki, store: Store): Promise<ApiServer> {
  const { apiPort, preferredPort, home, version, log } = options;
  const listenOn = (port: number): Promise<ApiServer> =>
    startApiServer({
      store,
      tls: pki.apiServer,
      clientCa: pki.caCertificate,
      serviceAccountKey: pki.serviceAccountKey.privateKey,
      host: HOST,
      port,
      version,
      podLogs: podLogsOf(home),
      onError: error => log.error('the API server failed at something', { error: String(error) }),
      admission: admissionRules(services),
    });
  try {
    return await listenOn(apiPort ?? preferredPort ?? 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    if (apiPort === undefined) return listenOn(0);
    throw new Error(
      `cannot listen on port ${apiPort}: ${describePortHolder(apiPort)} has it; give another --api-port, or none for a free one`,
      { cause: error },
    );
  }
}
