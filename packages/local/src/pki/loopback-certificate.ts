/** The certificate of a process of ours that serves on loopback: key and certificate in one file, which the process reads again when it changes. */
import { X509Certificate } from 'node:crypto';
import { writeFileAtomic } from '../home/files.ts';
import { findKeyPair, isUsable, keyPairText } from './keypair.ts';
import type { Pki } from './pki.ts';

export const LOOPBACK = '127.0.0.1';

/** May run twice: one that is good stays. */
export async function ensureLoopbackCertificate(pki: Pki, path: string, commonName: string): Promise<void> {
  const names = { dnsNames: ['localhost'], ipAddresses: [LOOPBACK, '::1'] };
  const known = findKeyPair(path);
  if (known && isUsable(known, new X509Certificate(pki.caCertificate), names.dnsNames, new Date())) return;
  const made = await pki.issueServerCertificate({ commonName, ...names });
  writeFileAtomic(path, keyPairText(made));
}
