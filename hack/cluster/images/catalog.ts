/** The images of the test cluster: what is in each, as data. */
import { join } from 'node:path';
import { program, tools } from '../place.ts';
import type { ImageConfig } from './archive.ts';

export interface Image {
  /** In the registry. */
  name: string;
  tag: string;
  content:
    | { kind: 'files'; files: Record<string, string> }
    /** A root file system that exists as a tar file. */
    | { kind: 'layer'; file: string };
  config: ImageConfig;
}

export const AUTHORITIES = { 'etc/ssl/certs/ca-certificates.crt': '/etc/ssl/certs/ca-certificates.crt' };

export const pause: Image = {
  name: 'pause',
  tag: '1',
  content: { kind: 'files', files: { pause: program('pause') } },
  config: { Entrypoint: ['/pause'], User: '65535' },
};

export const coredns: Image = {
  name: 'coredns',
  tag: '1',
  content: { kind: 'files', files: { coredns: program('coredns') } },
  config: { Entrypoint: ['/coredns'] },
};

export function crossplane(version: string, share = 'crossplane', binary = 'crossplane-core'): Image {
  const shared = join(tools, 'share', share);
  return {
    name: 'crossplane',
    tag: version,
    content: {
      kind: 'files',
      files: {
        ...AUTHORITIES,
        'bin/crossplane': program(binary),
        crds: join(shared, 'crds'),
        webhookconfigurations: join(shared, 'webhookconfigurations'),
      },
    },
    config: { Entrypoint: ['/bin/crossplane'], User: '65532', Env: ['PATH=/bin'] },
  };
}

export function cloudnativePg(version: string): Image {
  const binary = program('cloudnative-pg');
  return {
    name: 'cloudnative-pg',
    tag: version,
    content: { kind: 'files', files: { ...AUTHORITIES, manager: binary, 'operator/manager_amd64': binary } },
    config: { Entrypoint: ['/manager'], User: '10001:10001', WorkingDir: '/' },
  };
}

export function postgresql(major: string, version: string): Image {
  return {
    name: 'postgresql',
    tag: version,
    content: { kind: 'layer', file: join(tools, 'images', `postgresql-${major}.tar`) },
    config: {
      User: '26',
      Env: [`PATH=/usr/lib/postgresql/${major}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`],
    },
  };
}
