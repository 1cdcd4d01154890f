/** A certificate and its key in one file, so that no crash can part them; and what makes such a file fit for use. */
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { findText } from '../home/files.ts';

/** Both in PEM, each with a newline at its end. */
export interface KeyPair {
  cert: string;
  key: string;
}

/** The pair in the file at `path`; `undefined` when there is none, or only half of one. */
export function findKeyPair(path: string): KeyPair | undefined {
  const text = findText(path);
  const cert = text?.match(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----\n/)?.[0];
  const key = text?.match(/-----BEGIN PRIVATE KEY-----[^]+?-----END PRIVATE KEY-----\n/)?.[0];
  return cert === undefined || key === undefined ? undefined : { cert, key };
}

/** The text of the file that holds a pair. */
export function keyPairText({ cert, key }: KeyPair): string {
  return cert + key;
}

/** Whether the certificate is `issuer`'s, fits its key, names all of `names`, and has a third of its life left at `now`. */
export function isUsable(pair: KeyPair, issuer: X509Certificate, names: string[], now: Date): boolean {
  try {
    const certificate = new X509Certificate(pair.cert);
    const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
    return (
      from <= now.getTime() &&
      to - now.getTime() > (to - from) / 3 &&
      certificate.verify(issuer.publicKey) &&
      certificate.checkPrivateKey(createPrivateKey(pair.key)) &&
      names.every(name => (certificate.subjectAltName ?? '').includes(name))
    );
  } catch {
    return false; // whatever can't be read can't be used
  }
}

/** The public half of a private key, in PEM. */
export function publicKeyOf(key: string): string {
  return createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
}
