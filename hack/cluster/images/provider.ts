/** provider-kubernetes as a Crossplane package: an image that also holds `package.yaml`, the package's description and its kinds in one file. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { program, tools } from '../place.ts';
import { AUTHORITIES, copied } from './catalog.ts';
import type { Image } from './catalog.ts';

export const PROVIDER = 'provider-kubernetes';

export function providerKubernetes(version: string): Image {
  return {
    name: PROVIDER,
    tag: version,
    layers: [
      [
        AUTHORITIES,
        copied('/usr/local/bin/provider', program(PROVIDER)),
        copied('/package.yaml', join(tools, 'share', PROVIDER, 'package.yaml')),
      ],
    ],
    config: { Entrypoint: ['/usr/local/bin/provider'], User: '65532' },
  };
}

/** Writes the one file out of the module's folder. */
export function writeProviderManifest(): void {
  const folder = join(tools, 'share', PROVIDER, 'package');
  const kinds = readdirSync(join(folder, 'crds')).sort();
  const files = ['crossplane.yaml', ...kinds.map(name => join('crds', name))];
  const text = files.map(name => readFileSync(join(folder, name), 'utf8').replace(/^---\n/, ''));
  writeFileSync(join(tools, 'share', PROVIDER, 'package.yaml'), text.join('\n---\n'));
}
