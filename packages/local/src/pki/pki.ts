/**
 * The plane's own certificate authority and all that it has signed. Opening it leaves every file whole: what is missing, half written,
 * signed by another authority or close to its end is made anew. The authority keeps its key and name for ever, since clients and servers
 * trust it by them; near its end it gets a new certificate for the same key, so that whoever trusts the old one goes on doing so.
 */
import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { findText, writeFileAtomic } from '../home/files.ts';
import { HomeError, type Home } from '../home/home.ts';
import { issueAuthority, issueCertificate, renewAuthority, type CertificateRequest } from './issue.ts';
import { findKeyPair, isUsable, keyPairText, publicKeyOf, type KeyPair } from './keypair.ts';

export interface Pki {
  /** PEM. */
  caCertificate: string;
  /** For the API server's port. */
  apiServer: KeyPair;
  /** A client certificate of group `system:masters`. */
  admin: KeyPair;
  /** Signs ServiceAccount tokens. PEM. */
  serviceAccountKey: { privateKey: string; publicKey: string };
  /** A certificate for a server of ours, valid for a year. Writes nothing. */
  issueServerCertificate(request: ServerCertificateRequest): Promise<KeyPair>;
}

export interface ServerCertificateRequest {
  commonName: string;
  dnsNames: string[];
  ipAddresses: string[];
  /** @default server */
  usage?: 'server' | 'client';
}

const API_NAMES = {
  dnsNames: ['localhost', 'kubernetes', 'kubernetes.default.svc'],
  ipAddresses: ['127.0.0.1', '::1'],
};

/** All keys and certificates of a home, made or renewed where needed. May run twice. @throws HomeError when the authority can't be used */
export async function openPki(home: Home, clock: Date | (() => Date) = () => new Date()): Promise<Pki> {
  const time = (): Date => (typeof clock === 'function' ? clock() : clock);
  const now = time();
  const authority = await ensureAuthority(home, now);
  const issuer = new X509Certificate(authority.cert);
  const ensure = async (file: string, request: CertificateRequest): Promise<KeyPair> => {
    const path = join(home.pki, file);
    const known = findKeyPair(path);
    if (known && isUsable(known, issuer, request.dnsNames ?? [], now)) return known;
    const made = await issueCertificate(authority, request, now);
    writeFileAtomic(path, keyPairText(made));
    return made;
  };
  return {
    caCertificate: authority.cert,
    apiServer: await ensure('apiserver.pem', { commonName: 'larder-api', usage: 'server', days: 365, ...API_NAMES }),
    admin: await ensure('admin.pem', {
      commonName: 'larder-admin',
      organization: 'system:masters',
      usage: 'client',
      days: 365,
    }),
    serviceAccountKey: ensureServiceAccountKey(join(home.pki, 'service-account.key')),
    issueServerCertificate: request => issueCertificate(authority, { usage: 'server', days: 365, ...request }, time()),
  };
}

/** What a client needs to be the administrator. @throws HomeError when the plane never came up */
export function adminCredentials(home: Home): KeyPair & { ca: string } {
  const pair = findKeyPair(join(home.pki, 'admin.pem'));
  const ca = findKeyPair(join(home.pki, 'ca.pem'))?.cert;
  if (pair && ca !== undefined) return { ...pair, ca };
  throw new HomeError(`cannot read the administrator's certificate in "${home.pki}": run larder up`);
}

async function ensureAuthority(home: Home, now: Date): Promise<KeyPair> {
  const path = join(home.pki, 'ca.pem');
  const text = findText(path);
  const known =
    text === undefined ? await issueAuthority(`larder-ca-${randomBytes(4).toString('hex')}`, now) : findKeyPair(path);
  if (!known) throw new HomeError(`cannot read the certificate authority "${path}": ${LOST_AUTHORITY}`);
  checkAuthority(path, known, now);
  const authority = isNearItsEnd(known, now) ? await renewAuthority(known, now) : known;
  if (keyPairText(authority) !== text) writeFileAtomic(path, keyPairText(authority));
  // A copy that users may read, for sslrootcert; the pair above is the truth.
  const copy = join(home.folder, 'ca.crt');
  if (findText(copy) !== authority.cert) writeFileAtomic(copy, authority.cert, 0o644);
  return authority;
}

function checkAuthority(path: string, authority: KeyPair, now: Date): void {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(authority.cert);
    publicKeyOf(authority.key);
  } catch (cause) {
    throw new HomeError(`cannot read the certificate authority "${path}": ${LOST_AUTHORITY}`, { cause });
  }
  if (now.getTime() < Date.parse(certificate.validFrom) || now.getTime() > Date.parse(certificate.validTo))
    throw new HomeError(
      `cannot use the certificate authority "${path}": this machine's clock says ${now.toISOString()}, and it is valid ` +
        `from ${certificate.validFrom} to ${certificate.validTo}; set the clock right, or, where it is right, remove the file: ` +
        'then every certificate is made anew, and clients need the new ca.crt',
    );
}

/** A year and a month: whatever it signs ends before it does. */
const AUTHORITY_MARGIN = 400 * 86_400_000;

function isNearItsEnd({ cert }: KeyPair, now: Date): boolean {
  return Date.parse(new X509Certificate(cert).validTo) - now.getTime() < AUTHORITY_MARGIN;
}

const LOST_AUTHORITY =
  'the file is damaged; restore it from a copy, or remove it: then every certificate is made anew, and clients need the new ca.crt';

function ensureServiceAccountKey(path: string): Pki['serviceAccountKey'] {
  const known = findText(path);
  try {
    if (known !== undefined) return { privateKey: known, publicKey: publicKeyOf(known) };
  } catch {
    // Half a key signs nothing: fall through to a new one. Tokens of the old one are void, as they were before.
  }
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  writeFileAtomic(path, privateKey);
  return { privateKey, publicKey: publicKeyOf(privateKey) };
}
