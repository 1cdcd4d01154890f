/** Makes images and pushes them to the cluster's registry; what the registry has already is left alone. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeImageArchive } from '../../package/image-archive.ts';
import { tools } from '../place.ts';
import type { Image } from './catalog.ts';

const run = promisify(execFile);

/** @param registry host and port, plain HTTP */
export async function ensureImage(registry: string, image: Image): Promise<void> {
  if (await hasTag(registry, image.name, image.tag)) return;
  await mkdir(join(tools, 'images'), { recursive: true });
  const work = await mkdtemp(join(tools, 'images', `${image.name}.`));
  const archive = join(work, 'image.tar');
  const reference = `${image.name}:${image.tag}`;
  try {
    await writeImageArchive(archive, { ...image, tag: reference });
    await pushArchive(archive, `${registry}/${reference}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
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
