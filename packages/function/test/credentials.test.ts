/** Whose connection is welcome, with certificates as Crossplane makes them: one subject for authority and client, and no key named. */
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { X509Certificate, webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import * as x509 from '@peculiar/x509';
import { isClientOf, mutualTls } from '../src/credentials.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const NAME = 'C=Earth, O=Crossplane, CN=Crossplane';
const DAY = 86_400_000;
const now = new Date();

interface Made {
  certificate: X509Certificate;
  cert: string;
  key: string;
}

type Keys = webcrypto.CryptoKeyPair;

const newKeys = (): Promise<Keys> => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);

async function make(keys: Keys, signer: Keys, extensions: x509.Extension[], days = 1): Promise<Made> {
  const made = await x509.X509CertificateGenerator.create({
    subject: NAME,
    issuer: NAME,
    publicKey: keys.publicKey,
    signingKey: signer.privateKey,
    signingAlgorithm: algorithm,
    notBefore: new Date(now.getTime() - 2 * DAY),
    notAfter: new Date(now.getTime() + days * DAY),
    extensions,
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const cert = made.toString('pem');
  return {
    certificate: new X509Certificate(cert),
    cert,
    key: `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`,
  };
}

const purpose = (usage: 'clientAuth' | 'serverAuth'): x509.Extension[] => [
  new x509.BasicConstraintsExtension(false, undefined, true),
  new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[usage]]),
];

async function crossplane() {
  const keys = await newKeys();
  const authority = await make(keys, keys, [new x509.BasicConstraintsExtension(true, undefined, true)]);
  const issue = async (usage: 'clientAuth' | 'serverAuth', days?: number): Promise<Made> =>
    make(await newKeys(), keys, purpose(usage), days);
  return { authority, issue };
}

test('only a valid certificate for clients that the authority signed will do', async () => {
  const [ours, others] = [await crossplane(), await crossplane()];
  const of = (made: Made): boolean => isClientOf(made.certificate, [ours.authority.certificate], now);
  assert.ok(of(await ours.issue('clientAuth')));
  assert.ok(!of(await ours.issue('serverAuth')), 'a server is no client');
  assert.ok(!of(await ours.issue('clientAuth', -1)), 'its time is over');
  assert.ok(!of(await others.issue('clientAuth')), 'the same names, signed by a stranger');
  const { certificate: leaf } = await ours.issue('clientAuth');
  assert.ok(!isClientOf(leaf, [leaf], now), 'a certificate is not its own authority');
});

test('Crossplane comes in; a stranger with the same names does not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'larder-function-door-'));
  const [ours, others] = [await crossplane(), await crossplane()];
  const own = await ours.issue('serverAuth');
  for (const [name, text] of Object.entries({ 'tls.crt': own.cert, 'tls.key': own.key, 'ca.crt': ours.authority.cert }))
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  const door = mutualTls(folder, 60_000, socket => socket.end('welcome')).listen(0, '127.0.0.1');
  try {
    await once(door, 'listening');
    const { port } = door.address() as AddressInfo;
    const said = async ({ cert, key }: Made): Promise<string> => {
      const socket = connect({ host: '127.0.0.1', port, cert, key, ALPNProtocols: ['h2'], rejectUnauthorized: false });
      let text = '';
      socket.on('data', (part: Buffer) => (text += part.toString()));
      socket.on('error', () => socket.destroy());
      await once(socket, 'close');
      return text;
    };
    assert.equal(await said(await ours.issue('clientAuth')), 'welcome');
    assert.equal(await said(await others.issue('clientAuth')), '');
    assert.equal(await said(await ours.issue('serverAuth')), '');
  } finally {
    door.close();
    rmSync(folder, { recursive: true });
  }
});
