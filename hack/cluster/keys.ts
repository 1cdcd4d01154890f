/** The cluster's certificates: one authority, all that it signs, written once with mode 0600. */
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { issueAuthority, issueCertificate, kubeconfigText } from '@larder/local';
import { API_PORT, API_SERVICE, NODE_ADDRESS, NODE_NAME } from './addresses.ts';
import type { Place } from './place.ts';

const DAYS = 365;
const INSIDE = `https://${NODE_ADDRESS}:${API_PORT}`;

/** @param port on loopback, where the API is reached from outside the node */
export async function ensureKeys(place: Place, port: number): Promise<void> {
  if (existsSync(place.kubeconfig)) return;
  mkdirSync(place.keys, { recursive: true, mode: 0o700 });
  const now = new Date();
  const ca = await issueAuthority('larder-test-cluster', now);
  const client = (commonName: string, organization?: string) =>
    issueCertificate(ca, { commonName, organization, usage: 'client', days: DAYS }, now);
  const kubernetes = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];
  const names = {
    dnsNames: ['localhost', ...kubernetes, 'kubernetes.default.svc.cluster.local'],
    ipAddresses: ['127.0.0.1', API_SERVICE, NODE_ADDRESS],
  };
  const server = await issueCertificate(
    ca,
    { commonName: 'kube-apiserver', usage: 'server', days: DAYS, ...names },
    now,
  );
  const toKubelet = await client('kube-apiserver-kubelet-client', 'system:masters');
  const admin = await client('kubernetes-admin', 'system:masters');
  const kubelet = await client(`system:node:${NODE_NAME}`, 'system:nodes');
  const accounts = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const config = (server: string, pair: typeof admin): string =>
    kubeconfigText({ server, ca: ca.cert, client: pair, name: 'larder-test-cluster' });
  const files = {
    'ca.crt': ca.cert,
    'ca.key': ca.key,
    'server.crt': server.cert,
    'server.key': server.key,
    'kubelet-client.crt': toKubelet.cert,
    'kubelet-client.key': toKubelet.key,
    'accounts.key': accounts.privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
    'accounts.pub': accounts.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    'admin.kubeconfig': config(INSIDE, admin),
    'kubelet.kubeconfig': config(INSIDE, kubelet),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(place.keys, name), text, { mode: 0o600 });
  // Last: its being there says that all others are.
  writeFileSync(place.kubeconfig, config(`https://127.0.0.1:${port}`, admin), { mode: 0o600 });
}
