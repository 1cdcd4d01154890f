/** The agent: waits for the lease, then runs the reconcilers of users and databases, and ends gracefully. */
import { startEventRecorder, type Logger } from '@larder/controller';
import type { Client } from '@larder/kube';
import { runSqlReconcilers, type OwnPorts } from '@larder/sql';
import { startHealth } from './health.ts';
import { whileLeading } from './lease.ts';
import { lenderOf } from './lender.ts';
import { AgentMetrics } from './metrics.ts';
import { runServerSecrets } from './server-secrets.ts';

export interface AgentOptions {
  client: Client;
  /** The agent's own: copies of connection secrets and credentials of roles are there, and its lease. */
  namespace: string;
  /** Of this replica: the name of its pod. */
  identity: string;
  /** Where nobody's claim leads. */
  isOwnPort: OwnPorts;
  /** Host and port of health and metrics; port 0 takes a free one. */
  health: { host: string; port: number };
  log: Logger;
  /** As a lease has them; for tests that don't want to wait. */
  lease?: { durationMs: number; retryMs: number };
}

export interface RunningAgent {
  healthPort: number;
  metrics: AgentMetrics;
  /** Resolves when it was stopped. Rejects when it can't go on: the process ends then, and starts again. */
  ended: Promise<void>;
  /** What is under way ends first, and another replica may lead at once. */
  stop(): Promise<void>;
}

export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const { client, namespace, identity, log } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const metrics = new AgentMetrics();
  const health = await startHealth({ ...options.health, metrics, isReady: () => !signal.aborted });
  log.info('started', { identity, healthPort: health.port });
  const lease = { client, namespace, name: 'larder-agent', identity, log, signal, ...options.lease };
  const ended = whileLeading(lease, async end => {
    metrics.leading = true;
    await work(options, metrics, end);
  }).finally(async () => {
    metrics.leading = false;
    await health.close();
    log.info('ended', { identity });
  });
  ended.catch(() => undefined); // whoever waits for it hears it
  return {
    healthPort: health.port,
    metrics,
    ended,
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

async function work(
  { client, namespace, isOwnPort, log }: AgentOptions,
  meter: AgentMetrics,
  signal: AbortSignal,
): Promise<void> {
  const events = startEventRecorder({ client, component: 'larder-agent' });
  const lender = lenderOf(client, namespace, () => new Date());
  const secrets = runServerSecrets({ client, namespace, log, signal, meter });
  await Promise.all([
    runSqlReconcilers({ client, lender, isOwnPort, events, log, signal, meter, secretsNamespace: namespace }),
    secrets.stopped,
  ]);
  await events.flush();
}
