/** A process that is made to be killed: an API server on a folder, at a port. It prints the path of a kubeconfig when it serves. */
import { writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openStore, startApiServer } from '@larder/apiserver';
import { kubeconfigText, openHome, openPki } from '@larder/local';

const [folder = '', port = '0', keepEvents = '10000'] = process.argv.slice(2);
const home = openHome(folder);
const pki = await openPki(home);
const keep = Number(keepEvents);
const store = await openStore({ folder: home.store, keepEvents: keep, memory: { events: keep, bytes: 1e9 } });
const server = await startApiServer({
  ...{ store, tls: pki.apiServer, clientCa: pki.caCertificate, serviceAccountKey: pki.serviceAccountKey.privateKey },
  ...{ host: '127.0.0.1', port: Number(port), version: '0.1.0' },
  onError: error => console.error('server failure', error),
});
const kubeconfig = join(folder, 'kubeconfig');
const text = kubeconfigText({ server: `https://127.0.0.1:${server.port}`, ca: pki.caCertificate, client: pki.admin });
writeFileSync(kubeconfig, text, { mode: 0o600 });
writeSync(1, `${kubeconfig}\n`);
