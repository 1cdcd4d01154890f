/** The command in the agent's image: works until it is told to end. */
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { httpClient, loadConnection, type Logger } from '@larder/controller';
import { startAgent } from './agent.ts';
import { inClusterConnection } from './in-cluster.ts';
import { jsonLog } from './log.ts';
import { podPorts } from './own-ports.ts';

const usage = `larder-agent: users and databases on PostgreSQL servers, on a Kubernetes cluster

  --namespace NAME     its own, with its lease and secrets (POD_NAMESPACE, else larder-agent)
  --identity NAME      of this replica (POD_NAME, else the host's name)
  --health HOST:PORT   where to serve /healthz, /readyz, /metrics (0.0.0.0:8080)
  --kubeconfig FILE    the cluster; in a pod it is its own
  --debug              a line for each reconcile
`;

const { values } = parseArgs({
  options: {
    namespace: { type: 'string', default: process.env.POD_NAMESPACE ?? 'larder-agent' },
    identity: { type: 'string', default: process.env.POD_NAME ?? hostname() },
    health: { type: 'string', default: '0.0.0.0:8080' },
    kubeconfig: { type: 'string' },
    debug: { type: 'boolean', short: 'd', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) process.stdout.write(usage);
else await serve();

async function serve(): Promise<void> {
  const log = jsonLog({ debug: values.debug });
  await work(log).catch((error: unknown) => {
    log.error('cannot go on', { error: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
  });
  // A statement that hangs on a server must not keep a replica that has nothing to say any more.
  setTimeout(() => process.exit(), 1_000).unref();
}

async function work(log: Logger): Promise<void> {
  const { namespace, identity, kubeconfig } = values;
  const connection = kubeconfig === undefined ? inClusterConnection() : await loadConnection(kubeconfig);
  const client = httpClient(connection);
  const [host = '0.0.0.0', port = '8080'] = values.health.split(/:(?=\d+$)/);
  const agent = await startAgent({
    ...{ client, namespace, identity, log },
    isOwnPort: podPorts(connection.server),
    health: { host, port: Number(port) },
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void agent.stop().catch(() => {}));
  try {
    await agent.ended;
  } finally {
    client.close();
  }
}
