/** Writes container images as docker-archive files, without a daemon: one layer, its configuration, and the list of both. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface ImageConfig {
  Entrypoint?: string[];
  Cmd?: string[];
  Env?: string[];
  User?: string;
  WorkingDir?: string;
}

/** The archive `target` of an image whose only layer is the tar file `layer`. Replaces what is there. */
export async function writeImageArchive(target: string, layer: string, config: ImageConfig): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const folder = await mkdtemp(`${target}.`);
  try {
    const image = {
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config,
      rootfs: { type: 'layers', diff_ids: [`sha256:${await sha256(layer)}`] },
    };
    await symlink(layer, join(folder, 'layer.tar'));
    await writeFile(join(folder, 'config.json'), JSON.stringify(image));
    const manifest = [{ Config: 'config.json', RepoTags: null, Layers: ['layer.tar'] }];
    await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
    const files = ['manifest.json', 'config.json', 'layer.tar'];
    await run('tar', ['--dereference', '--create', '--file', `${target}.part`, '--directory', folder, ...files]);
    await rename(`${target}.part`, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The tar file `target` with everything below `folder`, owned by root, the same bytes for the same files. */
export async function writeLayer(target: string, folder: string): Promise<void> {
  const stable = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  await run('tar', [...stable, '--create', '--file', target, '--directory', folder, '.']);
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
