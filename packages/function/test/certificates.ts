/** A folder with the certificates that Crossplane would mount, and those of its client. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueAuthority, issueCertificate } from '@larder/local';

type Authority = Awaited<ReturnType<typeof issueAuthority>>;

export interface Mounted {
  folder: string;
  authority: Authority;
  /** Issues the server's certificate anew, by this authority or a new one. */
  renew(authority: Authority): Promise<void>;
  remove(): void;
}

export async function mountCertificates(): Promise<Mounted> {
  const folder = mkdtempSync(join(tmpdir(), 'larder-function-test-'));
  const authority = await issueAuthority('crossplane', new Date());
  const renew = async (by: Authority): Promise<void> => {
    const server = await certificate(by, 'server');
    for (const [name, text] of Object.entries({ 'tls.crt': server.cert, 'tls.key': server.key, 'ca.crt': by.cert })) {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
    }
  };
  await renew(authority);
  return { folder, authority, renew, remove: () => rmSync(folder, { recursive: true }) };
}

export function certificate(by: Authority, usage: 'server' | 'client'): Promise<{ cert: string; key: string }> {
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
  return issueCertificate(by, { commonName: usage, usage, days: 2, ...names }, new Date());
}
