/** Makes certificates: ECDSA P-256, random serials, and every extension that strict verifiers ask for. Writes nothing. */
import { randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import type * as X509 from '@peculiar/x509';
import type { KeyPair } from './keypair.ts';

const DAY = 86_400_000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export interface CertificateRequest {
  commonName: string;
  /** Kubernetes reads a client's groups here. */
  organization?: string;
  usage: 'server' | 'client';
  dnsNames?: string[];
  ipAddresses?: string[];
  days: number;
}

/** A new self-signed authority. */
export async function issueAuthority(commonName: string, now: Date): Promise<KeyPair> {
  const keys = await makeKeys();
  const cert = await selfSigned({ name: `CN=${commonName}`, keys, now });
  return { cert, key: await pemOf(keys) };
}

/** The same authority, by name and key, for ten more years: certificates that it signed, and clients that trust it, notice nothing. */
export async function renewAuthority({ cert, key }: KeyPair, now: Date): Promise<KeyPair> {
  const x509 = await loadX509();
  const old = new x509.X509Certificate(cert);
  const publicKey = (await old.publicKey.export(algorithm, ['verify'])) as webcrypto.CryptoKey;
  const keys = { privateKey: await readKey(key), publicKey };
  return { cert: await selfSigned({ name: old.subject, keys, now }), key };
}

interface SelfSigned {
  /** `CN=…` */
  name: string;
  keys: webcrypto.CryptoKeyPair;
  now: Date;
}

async function selfSigned({ name, keys, now }: SelfSigned): Promise<string> {
  const x509 = await loadX509();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    ...validity(now, 3650),
    serialNumber: serial(),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

/** A certificate signed by `authority`. */
export async function issueCertificate(authority: KeyPair, request: CertificateRequest, now: Date): Promise<KeyPair> {
  const x509 = await loadX509();
  const keys = await makeKeys();
  const issuer = new x509.X509Certificate(authority.cert);
  const purpose = request.usage === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [request.commonName] }, ...(request.organization ? [{ O: [request.organization] }] : [])],
    issuer: issuer.subjectName,
    signingKey: await readKey(authority.key),
    publicKey: keys.publicKey,
    ...validity(now, request.days),
    serialNumber: serial(),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([purpose]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ...alternativeNames(x509, request),
    ],
  });
  return { cert: `${certificate.toString('pem')}\n`, key: await pemOf(keys) };
}

/** Loaded when something is issued: most starts of a plane issue nothing, and it is the slowest library to load. */
async function loadX509(): Promise<typeof X509> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

function alternativeNames(x509: typeof X509, request: CertificateRequest) {
  const names = [
    ...(request.dnsNames ?? []).map(value => ({ type: 'dns' as const, value })),
    ...(request.ipAddresses ?? []).filter(value => isIP(value) !== 0).map(value => ({ type: 'ip' as const, value })),
  ];
  return names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)];
}

/** Valid from a day ago: the clocks of a host and of what runs on it are rarely the same. */
function validity(now: Date, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now.getTime() - DAY), notAfter: new Date(now.getTime() + days * DAY) };
}

/** Positive, and long enough to be unique. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString('hex');
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function pemOf(keys: webcrypto.CryptoKeyPair): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n');
}

function readKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
  return webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
}
