/** Makes images and pushes them to the cluster's registry; what the registry has already is left alone. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { tools } from '../place.ts';
import { writeImageArchive, writeLayer } from './archive.ts';
import type { Image } from './catalog.ts';

const run = promisify(execFile);

/** @param registry host and port, plain HTTP */
export async function ensureImage(registry: string, image: Image): Promise<void> {
  if (await hasTag(registry, image.name, image.tag)) return;
  await mkdir(join(tools, 'images'), { recursive: true });
  const work = await mkdtemp(join(tools, 'images', `${image.name}.`));
  try {
    await pushArchive(await writeImage(image, work), `${registry}/${image.name}:${image.tag}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** @returns the path of the image's archive, in the folder `work` */
export async function writeImage(image: Image, work: string): Promise<string> {
  const archive = join(work, 'image.tar');
  await writeImageArchive(archive, await layerOf(image, work), image.config);
  return archive;
}

/** Pushes a docker-archive file, such as a Crossplane package. */
export async function pushArchive(archive: string, reference: string): Promise<void> {
  const options = ['--insecure-policy', '--quiet', '--dest-tls-verify=false'];
  await run('skopeo', ['copy', ...options, `docker-archive:${archive}`, `docker://${reference}`]);
}

export async function hasTag(registry: string, name: string, tag: string): Promise<boolean> {
  const accept = 'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';
  const response = await fetch(`http://${registry}/v2/${name}/manifests/${tag}`, {
    method: 'HEAD',
    headers: { accept },
  });
  return response.ok;
}

async function layerOf({ content }: Image, work: string): Promise<string> {
  if (content.kind === 'layer') return content.file;
  const root = join(work, 'root');
  for (const [path, source] of Object.entries(content.files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await cp(source, join(root, path), { recursive: true, dereference: true });
  }
  const layer = join(work, 'layer.tar');
  await writeLayer(layer, root);
  return layer;
}
