/** A kubeconfig with a client certificate in it: written whole, readable by its owner alone, rewritten only when it changes. */
import { findText, writeFileAtomic } from '../home/files.ts';
import type { KeyPair } from './keypair.ts';

export interface KubeconfigContents {
  /** The API's address. */
  server: string;
  /** PEM. */
  ca: string;
  client: KeyPair;
  /** Of cluster and context. @default 'larder' */
  name?: string;
}

/** The text of a kubeconfig. */
export function kubeconfigText({ server, ca, client, name = 'larder' }: KubeconfigContents): string {
  const encode = (pem: string): string => Buffer.from(pem).toString('base64');
  return `apiVersion: v1
kind: Config
clusters:
  - name: ${name}
    cluster:
      server: ${server}
      certificate-authority-data: ${encode(ca)}
users:
  - name: ${name}-admin
    user:
      client-certificate-data: ${encode(client.cert)}
      client-key-data: ${encode(client.key)}
contexts:
  - name: ${name}
    context:
      cluster: ${name}
      user: ${name}-admin
      namespace: default
current-context: ${name}
`;
}

/** Writes `text` at `path` with mode 0600 unless it is there already. */
export function ensureKubeconfig(path: string, text: string): void {
  if (findText(path) !== text) writeFileAtomic(path, text);
}
