/** Writes container images as docker-archive tars, which skopeo, `crossplane xpkg` and every registry client read. No daemon. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import tar from 'tar-stream';

export interface ImageFile {
  /** Absolute, as in the image. */
  path: string;
  mode?: number;
  uid?: number;
  gid?: number;
  /** One of the three; none makes a folder. */
  content?: string | Buffer;
  source?: string;
  link?: string;
}

export interface Image {
  /** `name:version`, as an archive calls it. */
  tag: string;
  layers: ImageFile[][];
  /** `User`, `Entrypoint`, `Env`, `Labels` … */
  config: Record<string, unknown>;
  /** Labels that need to know a layer: called with its digest and place. */
  labelLayer?: (digest: string, index: number) => Record<string, string>;
}

export interface WrittenImage {
  /** Of all layers together, as a registry keeps them. */
  compressedBytes: number;
  /** Of the layers, uncompressed. */
  digests: string[];
}

/** The same files give the same archive: nothing in it says when it was made. */
export async function writeImageArchive(file: string, image: Image): Promise<WrittenImage> {
  const layers = await Promise.all(image.layers.map(files => pack(files)));
  const digests = layers.map(sha256);
  const labels = Object.assign(
    {},
    ...digests.map((digest, index) => image.labelLayer?.(`sha256:${digest}`, index) ?? {}),
  ) as object;
  const { Labels = {}, ...config } = image.config as { Labels?: object };
  const imageConfig = JSON.stringify({
    architecture: architecture(),
    os: 'linux',
    config: { ...config, Labels: { ...Labels, ...labels } },
    rootfs: { type: 'layers', diff_ids: digests.map(digest => `sha256:${digest}`) },
    history: digests.map(() => ({ created_by: 'larder' })),
  });
  const configName = `${sha256(imageConfig)}.json`;
  const manifest = [
    { Config: configName, RepoTags: [image.tag], Layers: digests.map(digest => `${digest}/layer.tar`) },
  ];
  const archive = await pack([
    { path: '/manifest.json', content: JSON.stringify(manifest) },
    { path: `/${configName}`, content: imageConfig },
    ...layers.map((content, index) => ({ path: `/${digests[index]}/layer.tar`, content })),
  ]);
  writeFileSync(file, archive);
  const compressedBytes = layers.reduce((sum, layer) => sum + gzipSync(layer).length, 0);
  return { compressedBytes, digests };
}

export function architecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}

async function pack(files: ImageFile[]): Promise<Buffer> {
  const packer = tar.pack();
  const chunks: Buffer[] = [];
  packer.on('data', chunk => chunks.push(chunk as Buffer));
  const ended = new Promise<void>((resolve, reject) => packer.once('end', () => resolve()).once('error', reject));
  for (const { path, mode, uid = 0, gid = 0, content, source, link } of files) {
    const header = { name: path.replace(/^\//, ''), uid, gid, mtime: new Date(0) };
    if (link !== undefined) packer.entry({ ...header, type: 'symlink', linkname: link, mode: 0o777 });
    else if (source !== undefined)
      packer.entry({ ...header, mode: mode ?? statSync(source).mode & 0o777 }, readFileSync(source));
    else if (content !== undefined) packer.entry({ ...header, mode: mode ?? 0o644 }, content);
    else packer.entry({ ...header, type: 'directory', mode: mode ?? 0o755 });
  }
  packer.finalize();
  await ended;
  return Buffer.concat(chunks);
}

function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}
