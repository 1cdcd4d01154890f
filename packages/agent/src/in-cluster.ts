/** Who a pod is to its cluster's API: the service account that Kubernetes mounts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection } from '@larder/controller';

const FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
/** A token is renewed long before it ends. */
const REREAD_MS = 10_000;

/** @throws Error that says what lacks, where this isn't a pod */
export function inClusterConnection(folder = FOLDER, environment: NodeJS.ProcessEnv = process.env): Connection {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment;
  if (!host || !port)
    throw new Error('cannot find the cluster: KUBERNETES_SERVICE_HOST and _PORT are set in a pod; else --kubeconfig');
  const ca = read(join(folder, 'ca.crt'));
  return { server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`, ca, token: fileToken(folder) };
}

function fileToken(folder: string): () => string {
  let known = { token: read(join(folder, 'token')), atMs: performance.now() };
  return () => {
    if (performance.now() - known.atMs < REREAD_MS) return known.token;
    known = { token: read(join(folder, 'token')), atMs: performance.now() };
    return known.token;
  };
}

function read(file: string): string {
  return readFileSync(file, 'utf8').trim();
}
