/** Certificates near their end, the authority's too, in a plane that runs: renewed with no watch broken and no server restarted. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import { connect } from 'node:tls';
import { httpClient, noLog, waitFor, conditionsOf, type HttpClient } from '@larder/controller';
import { adminCredentials, cleanHome, findOwnProcesses, findText, openHome, openPki, type Home } from '../src/index.ts';
import { startPlane } from '../src/plane/plane.ts';
import { scratchFolder } from './scratch.ts';

const DAY = 86_400_000;
const CLAIM = { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLInstance' };

test('in a running plane every certificate is renewed; watches go on and no server restarts', async t => {
  const home = openHome(join(scratchFolder(), 'home'));
  try {
    await renew(t, home);
  } finally {
    await cleanHome(home); // before the folder goes: servers run in it
  }
});

async function renew(t: TestContext, home: Home): Promise<void> {
  const real = new Date();
  // Ten years are nearly over for the authority, one for what it signed.
  await openPki(home, new Date(real.getTime() - 3_400 * DAY));
  let now = new Date(real.getTime() - 350 * DAY);
  const plane = await startPlane({ home, version: '0', log: noLog, clock: () => now, renewEveryMs: 50 });
  const client = clientOf(t, home, plane.api);
  try {
    await makeClaim(client);
    const before = { ca: authorityOf(home), api: await certificateOf(plane.api), server: serverOf(home) };
    const told = changesOf(client).next();
    now = real;
    await until(async () => (await certificateOf(plane.api)) !== before.api && authorityOf(home) !== before.ca);
    await wakeServer(client);
    await until(() => serverOf(home).certificate !== before.server.certificate);
    assert.equal(serverOf(home).pid, before.server.pid);

    for (const ca of [before.ca, authorityOf(home)])
      for (const certificate of [await certificateOf(plane.api), serverOf(home).certificate])
        assert.ok(isIssued(certificate, ca));
    await client.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'after', namespace: 'default' } });
    assert.equal((await told).done, false);
    // Who comes now, with what lies in the home now, is let in.
    await clientOf(t, home, plane.api).get({ apiVersion: 'v1', kind: 'Namespace', name: 'default' });
  } finally {
    await plane.close();
  }
}

function changesOf(client: HttpClient): AsyncIterator<unknown> {
  return client.watch({ apiVersion: 'v1', kind: 'ConfigMap' }, { namespace: 'default' })[Symbol.asyncIterator]();
}

/** It looks by itself only every ten minutes. */
async function wakeServer(client: HttpClient): Promise<void> {
  const body = { metadata: { labels: { woken: 'yes' } } };
  await client.patch({ ...CLAIM, name: 'shop', namespace: 'default' }, { type: 'merge', body });
}

/** By OpenSSL's own rules: signature, names and key identifiers. */
function isIssued(certificate: string, ca: string): boolean {
  const [issued, issuer] = [new X509Certificate(certificate), new X509Certificate(ca)];
  return issued.checkIssued(issuer) && issued.verify(issuer.publicKey);
}

function authorityOf(home: Home): string {
  return findText(join(home.folder, 'ca.crt')) ?? '';
}

async function makeClaim(client: HttpClient): Promise<void> {
  const parameters = { resources: { storageSize: '1Gi' }, updatePolicy: { version: '17' } };
  await client.create({ ...CLAIM, metadata: { name: 'shop', namespace: 'default' }, spec: { parameters } });
  const isReady = (object: Parameters<typeof conditionsOf>[0] | undefined): boolean =>
    object !== undefined && conditionsOf(object).some(({ type, status }) => type === 'Ready' && status === 'True');
  await waitFor(client, { ...CLAIM, name: 'shop', namespace: 'default' }, isReady, { timeoutMs: 120_000 });
}

function clientOf(t: TestContext, home: Home, server: string): HttpClient {
  const client = httpClient({ server, ...adminCredentials(home) });
  t.after(() => client.close());
  return client;
}

async function certificateOf(api: string): Promise<string> {
  const socket = connect({ port: Number(new URL(api).port), host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  return certificate?.toString() ?? '';
}

function serverOf(home: Home): { pid: number; certificate: string } {
  const server = findOwnProcesses(home).find(({ kind }) => kind === 'server');
  assert.ok(server);
  return { pid: server.pid, certificate: readFileSync(join(server.folder, '..', 'tls', 'server.crt'), 'utf8') };
}

async function until(met: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await met())) {
    if (performance.now() > deadline) throw new Error('it did not happen within 60 s');
    await delay(50);
  }
}
