/** Certificates in files that are looked at all the time: read anew when their text is another, since reading one takes as long as all the rest of a look. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** More than the instances of a machine; those that are gone are forgotten with all others then. */
const MOST = 1_000;
const known = new Map<string, { text: string; certificate: X509Certificate }>();

/** @throws Error when there is none, or half of one */
export function readCertificate(path: string): X509Certificate {
  const text = readFileSync(path, 'utf8');
  const last = known.get(path);
  if (last?.text === text) return last.certificate;
  const certificate = new X509Certificate(text);
  if (known.size >= MOST) known.clear();
  known.set(path, { text, certificate });
  return certificate;
}
