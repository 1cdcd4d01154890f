/**
 * Mutual TLS with the certificates that Crossplane mounts. The SDK's own credentials serve TLS but ask nobody for a certificate, so
 * that every pod could read credentials out of answers; here strangers are refused. Files that change are read again.
 *
 * Crossplane's client certificate and its authority have the same subject, and neither names its key: OpenSSL takes such a certificate for
 * a self-signed one and would refuse Crossplane itself. So TLS only proves that the caller holds its key, and whose certificate it is is decided here.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';

/** "TLS client authentication" among a certificate's purposes. */
const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2';

/** A TLS server that hands on only connections of those whom the folder's authority knows. @throws Error that names the file that can't be read */
export function mutualTls(folder: string, refreshMs: number, welcome: (socket: TLSSocket) => void): Server {
  let mounted = read(folder);
  const server = createServer({
    ...mounted,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['h2'],
  });
  server.on('secureConnection', socket => {
    const peer = socket.getPeerX509Certificate();
    if (peer && isClientOf(peer, authoritiesIn(mounted.ca), new Date())) welcome(socket);
    else socket.destroy();
  });
  const refresh = setInterval(() => {
    const found = readAgain(folder);
    if (!found || (found.cert === mounted.cert && found.key === mounted.key && found.ca === mounted.ca)) return;
    mounted = found;
    server.setSecureContext(found);
  }, refreshMs);
  refresh.unref();
  server.on('close', () => clearInterval(refresh));
  return server;
}

/** Whether one of `authorities` signed `certificate` for a client, and it is valid at `now`. */
export function isClientOf(certificate: X509Certificate, authorities: X509Certificate[], now: Date): boolean {
  const isValid =
    Date.parse(certificate.validFrom) <= now.getTime() && now.getTime() <= Date.parse(certificate.validTo);
  // Node's types say that the purposes are always there; a certificate may have none.
  const purposes = (certificate.keyUsage as string[] | undefined) ?? [];
  if (!isValid || !purposes.includes(CLIENT_AUTHENTICATION)) return false;
  return authorities.some(
    authority => authority.ca && certificate.checkIssued(authority) && certificate.verify(authority.publicKey),
  );
}

interface Mounted {
  cert: string;
  key: string;
  ca: string;
}

function read(folder: string): Mounted {
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
  return { cert: text('tls.crt'), key: text('tls.key'), ca: text('ca.crt') };
}

/** Files are replaced one after the other: what doesn't fit together yet is looked at again. */
function readAgain(folder: string): Mounted | undefined {
  try {
    const found = read(folder);
    return new X509Certificate(found.cert).verify(authoritiesIn(found.ca)[0]!.publicKey) ? found : undefined;
  } catch {
    return undefined;
  }
}

function authoritiesIn(text: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g) ?? [];
  return blocks.map(block => new X509Certificate(block));
}
