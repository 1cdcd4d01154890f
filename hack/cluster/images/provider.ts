/** provider-kubernetes as a Crossplane package: its module's package folder with the runtime image inside, by Crossplane's own CLI. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { program, tools } from '../place.ts';
import type { Image } from './catalog.ts';
import { hasTag, pushArchive, writeImage } from './push.ts';

const run = promisify(execFile);

export async function ensureProviderPackage(registry: string, runtime: Image): Promise<void> {
  if (await hasTag(registry, 'provider-kubernetes', runtime.tag)) return;
  const work = await mkdtemp(join(tools, 'images', 'provider-kubernetes.'));
  try {
    const image = await writeImage(runtime, work);
    const target = join(work, 'provider.xpkg');
    await run(program('crossplane'), [
      ...['xpkg', 'build', '--package-root', join(tools, 'share/provider-kubernetes/package')],
      ...['--examples-root', join(work, 'none'), '--embed-runtime-image-tarball', image, '--package-file', target],
    ]);
    await pushArchive(target, `${registry}/provider-kubernetes:${runtime.tag}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
