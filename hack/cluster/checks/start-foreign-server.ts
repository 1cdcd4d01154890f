/** A PostgreSQL in a plain pod with a Service, TLS of its own authority, and the Secret of a login that is no superuser. */
import { readFileSync } from 'node:fs';
import { waitFor, type HttpClient } from '@larder/controller';
import { issueAuthority, issueCertificate } from '@larder/local';
import { isTrue } from './context.ts';

export interface ForeignServerOptions {
  client: HttpClient;
  namespace: string;
  /** The Secret to make. */
  secret: string;
  /** The sources file, which names an image with PostgreSQL's programs. */
  sources: string;
}

const NAME = 'theirs';
/** Of the operand's image, whose files belong to it. */
const POSTGRES = 26;
const ADMIN = { username: 'admin', password: `it's "only" a test` };

const script = `set -e
umask 077
cp /files/tls.key /files/tls.crt /tmp
initdb -D /tmp/data -U postgres --auth-local=trust --auth-host=reject >/tmp/initdb.log
echo 'hostssl all all all scram-sha-256' >/tmp/data/pg_hba.conf
echo 'local all postgres trust' >>/tmp/data/pg_hba.conf
pg_ctl -D /tmp/data -w -o '-k /tmp -h ""' start
psql -h /tmp -U postgres -v ON_ERROR_STOP=1 -v password="$(cat /files/password)" <<'SQL'
CREATE ROLE admin LOGIN CREATEROLE CREATEDB PASSWORD :'password';
SQL
pg_ctl -D /tmp/data -w stop
exec postgres -D /tmp/data -k /tmp -h '*' -c ssl=on -c ssl_cert_file=/tmp/tls.crt -c ssl_key_file=/tmp/tls.key`;

export async function startForeignServer({ client, namespace, secret, sources }: ForeignServerOptions): Promise<void> {
  const { postgresql } = JSON.parse(readFileSync(sources, 'utf8')) as { postgresql: { image: string }[] };
  const endpoint = `${NAME}.${namespace}.svc`;
  const now = new Date();
  const authority = await issueAuthority('theirs', now);
  const names = { commonName: endpoint, dnsNames: [endpoint], days: 1 };
  const { cert, key } = await issueCertificate(authority, { ...names, usage: 'server' }, now);
  const write = (name: string, stringData: Record<string, string>): Promise<unknown> =>
    client.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData });
  await write('files', { 'tls.crt': cert, 'tls.key': key, password: ADMIN.password });
  await client.create({
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: NAME, namespace } },
    spec: { selector: { app: NAME }, ports: [{ port: 5432 }] },
  });
  await client.create({
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: NAME, namespace, labels: { app: NAME } } },
    spec: {
      securityContext: { runAsUser: POSTGRES, runAsGroup: POSTGRES, fsGroup: POSTGRES },
      containers: [
        {
          ...{ name: 'postgres', image: postgresql[0]!.image, command: ['bash', '-c', script] },
          volumeMounts: [{ name: 'files', mountPath: '/files', readOnly: true }],
          readinessProbe: { tcpSocket: { port: 5432 }, periodSeconds: 1 },
        },
      ],
      volumes: [{ name: 'files', secret: { secretName: 'files' } }],
    },
  });
  const pod = { apiVersion: 'v1', kind: 'Pod', name: NAME, namespace };
  await waitFor(client, pod, found => isTrue(found, 'Ready'), { timeoutMs: 300_000 });
  const login = { ...ADMIN, database: 'postgres', sslmode: 'verify-full', 'ca.crt': authority.cert };
  await write(secret, { endpoint, port: '5432', ...login });
}
