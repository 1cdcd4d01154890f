/** The plane's certificates: verified by OpenSSL's own rules through real TLS, recovered from every half-made state. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { parse } from 'yaml';
import { kubeconfigText, openHome, openPki } from '../src/index.ts';
import { scratchFolder } from './scratch.ts';

const DAY = 86_400_000;

test('server and client certificates verify against the CA in a real handshake', async t => {
  const pki = await openPki(openHome(join(scratchFolder(), 'home')));
  const server = createServer({ ...pki.apiServer, ca: pki.caCertificate, requestCert: true, rejectUnauthorized: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const accepted = once(server, 'secureConnection');
  const socket = connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    ca: pki.caCertificate,
    ...pki.admin,
  });
  await once(socket, 'secureConnect');
  assert.equal(socket.authorized, true);
  const [seen] = (await accepted) as [TLSSocket];
  assert.deepEqual({ ...seen.getPeerCertificate().subject }, { CN: 'larder-admin', O: 'system:masters' });
  socket.destroy();
});

test('a server certificate carries its names and nothing that lets it sign', async () => {
  const pki = await openPki(openHome(join(scratchFolder(), 'home')));
  const pair = await pki.issueServerCertificate({
    commonName: 'pg',
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
  });
  const certificate = new X509Certificate(pair.cert);
  assert.equal(certificate.subjectAltName, 'DNS:localhost, IP Address:127.0.0.1');
  assert.equal(certificate.ca, false);
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1']);
});

test('opening again keeps every key; private keys are for their owner alone', async () => {
  const home = openHome(join(scratchFolder(), 'home'));
  const first = await openPki(home);
  const again = await openPki(home);
  assert.deepEqual(again.admin, first.admin);
  assert.deepEqual(again.apiServer, first.apiServer);
  assert.equal(again.caCertificate, first.caCertificate);
  for (const file of readdirSync(home.pki)) assert.equal(statSync(join(home.pki, file)).mode & 0o777, 0o600, file);
});

const damages: { name: string; damage: (path: string) => void }[] = [
  { name: 'missing', damage: path => rmSync(path) },
  { name: 'empty', damage: path => truncateSync(path) },
  { name: 'cut in the middle', damage: path => truncateSync(path, 300) },
  { name: 'garbage', damage: path => writeFileSync(path, 'garbage') },
];
for (const file of ['apiserver.pem', 'admin.pem', 'service-account.key'])
  for (const { name, damage } of damages)
    test(`${file} ${name}: made anew under the same authority`, async () => {
      const home = openHome(join(scratchFolder(), 'home'));
      const before = await openPki(home);
      damage(join(home.pki, file));
      const after = await openPki(home);
      assert.equal(after.caCertificate, before.caCertificate);
      const ca = new X509Certificate(after.caCertificate);
      for (const { cert } of [after.apiServer, after.admin]) assert.ok(new X509Certificate(cert).verify(ca.publicKey));
      assert.match(readFileSync(join(home.pki, file), 'utf8'), /-----END PRIVATE KEY-----\n$/);
    });

test('a damaged authority is never replaced silently', async () => {
  const home = openHome(join(scratchFolder(), 'home'));
  await openPki(home);
  truncateSync(join(home.pki, 'ca.pem'), 300);
  await assert.rejects(openPki(home), /ca\.pem": the file is damaged; restore it from a copy, or remove it/);
});

test('a certificate is renewed when a third of its life is left, and the authority stays', async () => {
  const home = openHome(join(scratchFolder(), 'home'));
  const now = Date.now();
  const first = await openPki(home, new Date(now));
  const later = await openPki(home, new Date(now + 200 * DAY));
  assert.equal(later.admin.cert, first.admin.cert);
  const renewed = await openPki(home, new Date(now + 300 * DAY));
  assert.notEqual(renewed.admin.cert, first.admin.cert);
  assert.equal(renewed.caCertificate, first.caCertificate);
});

test('a clock before the authority was made is said, not worked around', async () => {
  const home = openHome(join(scratchFolder(), 'home'));
  await openPki(home);
  await assert.rejects(
    openPki(home, new Date('2001-01-01')),
    /clock says 2001-01-01T00:00:00.000Z.*set the clock right/,
  );
});

test('the kubeconfig is YAML that names one context', async () => {
  const pki = await openPki(openHome(join(scratchFolder(), 'home')));
  const text = kubeconfigText({ server: 'https://127.0.0.1:6443', ca: pki.caCertificate, client: pki.admin });
  const parsed = parse(text) as { 'current-context': string; clusters: { cluster: Record<string, string> }[] };
  assert.equal(parsed['current-context'], 'larder');
  const encoded = parsed.clusters[0]!.cluster['certificate-authority-data']!;
  assert.equal(Buffer.from(encoded, 'base64').toString(), pki.caCertificate);
});
