/**
 * Mutual TLS with the certificates that Crossplane mounts. The SDK's own credentials serve TLS but ask nobody for a certificate, so
 * that every pod could read credentials out of answers; these refuse strangers. Files that change are read again.
 */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { experimental, type ServerCredentials } from '@grpc/grpc-js';

/** @throws Error that names the file that can't be read */
export function mutualTls(folder: string, refreshMs: number): ServerCredentials {
  const [certificateFile = '', privateKeyFile = '', caCertificateFile = ''] = ['tls.crt', 'tls.key', 'ca.crt'].map(
    name => join(folder, name),
  );
  for (const file of [certificateFile, privateKeyFile, caCertificateFile]) accessSync(file, constants.R_OK);
  const provider = new experimental.FileWatcherCertificateProvider({
    certificateFile,
    privateKeyFile,
    caCertificateFile,
    refreshIntervalMs: refreshMs,
  });
  return experimental.createCertificateProviderServerCredentials(provider, provider, true);
}
