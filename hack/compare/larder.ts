/** Larder's API server alone, as the judge runs: no composer and no plane that would change what was written. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, startApiServer } from '@larder/apiserver';
import { StatusError } from '@larder/kube';
import { issueAuthority, issueCertificate, kubeconfigText } from '@larder/local';

export interface Larder {
  /** Path of an administrator's kubeconfig. */
  kubeconfig: string;
  stop(): Promise<void>;
}

export async function startLarder(): Promise<Larder> {
  const folder = await mkdtemp(join(tmpdir(), 'larder-compare-api-'));
  const now = new Date();
  const ca = await issueAuthority('kubernetes', now);
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
  const tls = await issueCertificate(ca, { commonName: 'larder', usage: 'server', days: 2, ...names }, now);
  const client = { commonName: 'admin', organization: 'system:masters', usage: 'client', days: 2 } as const;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const store = await openStore({ folder: join(folder, 'store') });
  const api = await startApiServer({
    ...{ store, tls, clientCa: ca.cert, host: '127.0.0.1', port: 0, version: '0.0.0' },
    serviceAccountKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    onError: error => {
      if (!(error instanceof StatusError)) console.error('larder failed:', error);
    },
  });
  const server = `https://127.0.0.1:${api.port}`;
  const kubeconfig = join(folder, 'kubeconfig');
  const text = kubeconfigText({ server, ca: ca.cert, client: await issueCertificate(ca, client, now) });
  await writeFile(kubeconfig, text, { mode: 0o600 });
  return {
    kubeconfig,
    async stop() {
      await api.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
