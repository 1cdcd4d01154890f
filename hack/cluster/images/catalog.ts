/** The images of the test cluster: what is in each, as data. */
import { join } from 'node:path';
import type { Image as ArchivedImage, ImageFile } from '../../package/image-archive.ts';
import { program, tools } from '../place.ts';

export interface Image extends Pick<ArchivedImage, 'layers' | 'config'> {
  /** In the registry. */
  name: string;
  tag: string;
}

/** Whom to trust outside. */
export const AUTHORITIES: ImageFile = copied(
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/ssl/certs/ca-certificates.crt',
);

export const pause: Image = {
  name: 'pause',
  tag: '1',
  layers: [[copied('/pause', program('pause'))]],
  config: { Entrypoint: ['/pause'], User: '65535' },
};

export const coredns: Image = {
  name: 'coredns',
  tag: '1',
  layers: [[copied('/coredns', program('coredns'))]],
  config: { Entrypoint: ['/coredns'] },
};

export function crossplane(version: string, share = 'crossplane', binary = 'crossplane-core'): Image {
  const shared = join(tools, 'share', share);
  return {
    name: 'crossplane',
    tag: version,
    layers: [
      [
        AUTHORITIES,
        copied('/bin/crossplane', program(binary)),
        copied('/crds', join(shared, 'crds')),
        copied('/webhookconfigurations', join(shared, 'webhookconfigurations')),
      ],
    ],
    config: { Entrypoint: ['/bin/crossplane'], User: '65532', Env: ['PATH=/bin'] },
  };
}

export function cloudnativePg(version: string): Image {
  const binary = program('cloudnative-pg');
  return {
    name: 'cloudnative-pg',
    tag: version,
    layers: [[AUTHORITIES, copied('/manager', binary), copied('/operator/manager_amd64', binary)]],
    config: { Entrypoint: ['/manager'], User: '10001:10001', WorkingDir: '/' },
  };
}

export function postgresql(major: string, version: string): Image {
  return {
    name: 'postgresql',
    tag: version,
    layers: [{ tar: join(tools, 'images', `postgresql-${major}.tar`) }],
    config: {
      User: '26',
      Env: [`PATH=/usr/lib/postgresql/${major}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`],
    },
  };
}

export function copied(path: string, source: string): ImageFile {
  return { path, source };
}
