/** Certificates for tests: a CA, a server and clients, made once a run. */
import { generateKeyPairSync, webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export interface KeyAndCertificate {
  cert: string;
  key: string;
}

export interface Unusual {
  expired?: boolean;
  /** For servers, not to log in with. */
  serverOnly?: boolean;
}

export class TestCa {
  readonly cert: string;
  readonly #issuer: x509.X509Certificate;
  readonly #key: webcrypto.CryptoKey;

  private constructor(issuer: x509.X509Certificate, key: webcrypto.CryptoKey) {
    this.#issuer = issuer;
    this.#key = key;
    this.cert = issuer.toString('pem');
  }

  static async make(): Promise<TestCa> {
    const keys = await generate();
    const issuer = await x509.X509CertificateGenerator.createSelfSigned({
      ...validity(),
      name: 'CN=test-ca',
      keys,
      signingAlgorithm: algorithm,
      extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    });
    return new TestCa(issuer, keys.privateKey);
  }

  async issue(subject: string, dnsNames: string[] = [], unusual: Unusual = {}): Promise<KeyAndCertificate> {
    const keys = await generate();
    const names: x509.JsonGeneralNames = dnsNames.map(value => ({ type: 'dns', value }));
    if (dnsNames.length > 0) names.push({ type: 'ip', value: '127.0.0.1' });
    const certificate = await x509.X509CertificateGenerator.create({
      ...validity(),
      ...(unusual.expired ? { notAfter: new Date(Date.now() - 30_000) } : {}),
      subject,
      issuer: this.#issuer.subject,
      publicKey: keys.publicKey,
      signingKey: this.#key,
      signingAlgorithm: algorithm,
      extensions: [
        ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
        ...(unusual.serverOnly ? [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth])] : []),
      ],
    });
    const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
    const lines = pkcs8.match(/.{1,64}/g)?.join('\n') ?? '';
    return {
      cert: certificate.toString('pem'),
      key: `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`,
    };
  }
}

export function makeServiceAccountKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function generate(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

function validity(): { notBefore: Date; notAfter: Date; serialNumber: string } {
  const now = Date.now();
  return {
    notBefore: new Date(now - 60_000),
    notAfter: new Date(now + 86_400_000),
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8)))
      .toString('hex')
      .replace(/^[89a-f]/, '1'),
  };
}
