/** Writes container images as docker-archive tars, which skopeo, `crossplane xpkg` and every registry client read. No daemon. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, readdirSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import tar from 'tar-stream';

export interface ImageFile {
  /** Absolute, as in the image. */
  path: string;
  mode?: number;
  uid?: number;
  gid?: number;
  /** One of the three; none makes a folder. */
  content?: string | Buffer;
  /** A file, or a folder with all that is in it. */
  source?: string;
  link?: string;
}

export interface Image {
  /** `name:version`, as an archive calls it. */
  tag: string;
  /** Files, or a root file system that exists as a tar file. */
  layers: (ImageFile[] | { tar: string })[];
  /** `User`, `Entrypoint`, `Env`, `Labels` … */
  config: Record<string, unknown>;
  /** Labels that need to know a layer: called with its digest and place. */
  labelLayer?: (digest: string, index: number) => Record<string, string>;
}

/** The same files give the same archive: nothing in it says when it was made. Replaces what is there. */
export async function writeImageArchive(file: string, image: Image): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const work = await mkdtemp(`${file}.`);
  try {
    const layers = await Promise.all(image.layers.map((layer, index) => writeLayer(layer, join(work, `${index}.tar`))));
    const archive = join(work, 'archive.tar');
    await writeTar(archive, archiveFiles(image, layers));
    await rename(archive, file);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** About what a registry keeps of the archive, in bytes. */
export async function compressedSize(archive: string): Promise<number> {
  let bytes = 0;
  await pipeline(createReadStream(archive), createGzip(), async parts => {
    for await (const part of parts) bytes += (part as Buffer).length;
  });
  return bytes;
}

export function architecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}

interface WrittenLayer {
  file: string;
  digest: string;
}

async function writeLayer(layer: Image['layers'][number], file: string): Promise<WrittenLayer> {
  if (!Array.isArray(layer)) return { file: layer.tar, digest: await sha256Of(layer.tar) };
  await writeTar(file, layer);
  return { file, digest: await sha256Of(file) };
}

function archiveFiles({ tag, config, labelLayer }: Image, layers: WrittenLayer[]): ImageFile[] {
  const labels = layers.map(({ digest }, index) => labelLayer?.(`sha256:${digest}`, index) ?? {});
  const { Labels = {}, ...others } = config as { Labels?: object };
  const imageConfig = JSON.stringify({
    architecture: architecture(),
    os: 'linux',
    config: { ...others, Labels: Object.assign({}, Labels, ...labels) as object },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => `sha256:${digest}`) },
    history: layers.map(() => ({ created_by: 'larder' })),
  });
  const configName = `${createHash('sha256').update(imageConfig).digest('hex')}.json`;
  const manifest = [{ Config: configName, RepoTags: [tag], Layers: layers.map(({ digest }) => `${digest}/layer.tar`) }];
  return [
    { path: '/manifest.json', content: JSON.stringify(manifest) },
    { path: `/${configName}`, content: imageConfig },
    ...layers.map(({ file, digest }) => ({ path: `/${digest}/layer.tar`, source: file, mode: 0o644 })),
  ];
}

async function writeTar(target: string, files: ImageFile[]): Promise<void> {
  const packer = tar.pack();
  const written = pipeline(packer, createWriteStream(target));
  const packed = (async () => {
    for (const file of files.flatMap(expand)) await addTo(packer, file);
    packer.finalize();
  })();
  // A failure of either ends both.
  packed.catch((error: Error) => packer.destroy(error));
  await Promise.all([packed, written]);
}

/** A folder as its files, in an order that is always the same. */
function expand(file: ImageFile): ImageFile[] {
  const { path, source, mode: _mode, ...owner } = file;
  if (source === undefined || !statSync(source).isDirectory()) return [file];
  const below = readdirSync(source).sort();
  return [
    { path, ...owner },
    ...below.flatMap(name => expand({ ...owner, path: join(path, name), source: join(source, name) })),
  ];
}

async function addTo(packer: tar.Pack, { path, mode, uid = 0, gid = 0, ...what }: ImageFile): Promise<void> {
  const header = { name: path.replace(/^\//, ''), uid, gid, mtime: new Date(0) };
  const { content, source, link } = what;
  if (link !== undefined) packer.entry({ ...header, type: 'symlink', linkname: link, mode: 0o777 });
  else if (content !== undefined) packer.entry({ ...header, mode: mode ?? 0o644 }, content);
  else if (source === undefined) packer.entry({ ...header, type: 'directory', mode: mode ?? 0o755 });
  else {
    const { mode: own, size } = statSync(source);
    await pipeline(createReadStream(source), packer.entry({ ...header, size, mode: mode ?? own & 0o777 }));
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
