/**
 * `npm run package`: images of function and agent, and Crossplane packages of function and configuration, as archives in `dist/`.
 * Needs node, strip and ldd; no daemon and no network.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compressedSize, writeImageArchive } from './image-archive.ts';
import { agentImage, runtimeImage } from './runtime.ts';
import { configurationPackage, functionPackage } from './xpkg.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { version: ownVersion } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const { values } = parseArgs({
  options: { out: { type: 'string', default: join(root, 'dist') }, version: { type: 'string', default: ownVersion } },
});

const folder = mkdtempSync(join(tmpdir(), 'larder-package-'));
try {
  mkdirSync(values.out, { recursive: true });
  const runtime = await runtimeImage(folder, values.version);
  const images = {
    [`function-${values.version}-runtime.tar`]: runtime,
    [`function-${values.version}.xpkg`]: functionPackage(runtime),
    [`configuration-${values.version}.xpkg`]: configurationPackage(values.version, [
      ...yamlOf('definitions'),
      ...yamlOf('compositions'),
    ]),
    [`agent-${values.version}.tar`]: await agentImage(folder, values.version),
  };
  for (const [name, image] of Object.entries(images)) {
    const file = join(values.out, name);
    await writeImageArchive(file, image);
    console.log(`${file}: ${((await compressedSize(file)) / 1024 ** 2).toFixed(1)} MB compressed`);
  }
} finally {
  rmSync(folder, { recursive: true });
}

function yamlOf(kind: string): string[] {
  const from = join(root, 'crossplane', kind);
  return readdirSync(from)
    .sort()
    .map(name => readFileSync(join(from, name), 'utf8').replace(/^---\n/, ''));
}
