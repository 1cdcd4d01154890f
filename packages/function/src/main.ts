/** The command in the package's image: serves until it is told to end. */
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { startFunction } from './server.ts';

const usage = `larder-function: the catalog as a Crossplane composition function

  --address HOST:PORT            where to serve gRPC (0.0.0.0:9443)
  --tls-server-certs-dir FOLDER  with tls.crt, tls.key, ca.crt (TLS_SERVER_CERTS_DIR, else /tls/server)
  --health HOST:PORT             where to serve /healthz, /readyz, /metrics (0.0.0.0:8080)
  --insecure                     without TLS, for trying out alone
  --debug                        a line for each call
`;

const { values } = parseArgs({
  options: {
    address: { type: 'string', default: '0.0.0.0:9443' },
    'tls-server-certs-dir': { type: 'string', default: process.env.TLS_SERVER_CERTS_DIR ?? '/tls/server' },
    health: { type: 'string', default: '0.0.0.0:8080' },
    insecure: { type: 'boolean', default: false },
    debug: { type: 'boolean', short: 'd', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) process.stdout.write(usage);
else await serve();

async function serve(): Promise<void> {
  const log = pino({ level: values.debug ? 'debug' : 'info', base: null });
  const [host = '0.0.0.0', port = '8080'] = values.health.split(/:(?=\d+$)/);
  const running = await startFunction({
    address: values.address,
    ...(values.insecure ? {} : { certificates: values['tls-server-certs-dir'] }),
    health: { host, port: Number(port) },
    log,
  });
  const ended = new Promise<void>(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
  await ended;
  await running.stop();
}
