/** Crossplane packages: images with a `package.yaml`. A Function's also runs; a Configuration's only carries manifests. */
import { stringify } from 'yaml';
import type { Image } from './image-archive.ts';

const meta = 'meta.pkg.crossplane.io/v1';
const annotations = {
  'meta.crossplane.io/maintainer': 'Larder',
  'meta.crossplane.io/license': 'Apache-2.0',
  'meta.crossplane.io/description': 'PostgreSQL off the shelf: a self-service PostgreSQL catalog',
};

export function functionPackage(runtime: Image): Image {
  const manifest = {
    apiVersion: meta,
    kind: 'Function',
    metadata: { name: 'larder', annotations },
    spec: { crossplane: { version: '>=v1.20.0-0' }, capabilities: ['composition'] },
  };
  return withManifest(runtime, stringify(manifest));
}

/** @param manifests definitions and compositions, as YAML documents */
export function configurationPackage(version: string, manifests: string[]): Image {
  const manifest = {
    apiVersion: meta,
    kind: 'Configuration',
    metadata: { name: 'larder', annotations },
    spec: { crossplane: { version: '>=v1.20.0-0' } },
  };
  const empty: Image = { tag: `configuration:${version}`, layers: [], config: {} };
  return withManifest(empty, [stringify(manifest), ...manifests].join('---\n'));
}

/** The layer with the manifest is marked in the way of Crossplane's own tool, so that nothing else is looked at. */
function withManifest(image: Image, content: string): Image {
  const { layers } = image;
  return {
    ...image,
    layers: [...layers, [{ path: '/package.yaml', content }]],
    labelLayer: (digest, index): Record<string, string> =>
      index === layers.length ? { [`io.crossplane.xpkg:${digest}`]: 'base' } : {},
  };
}
