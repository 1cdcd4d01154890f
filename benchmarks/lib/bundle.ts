/** A program of ours in one file, made as that of `larder` is. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const banner = `import { createRequire as larderCreateRequire } from 'node:module';
const require = larderCreateRequire(import.meta.url);`;

/** @param entry from this folder. Gives the program's path, in `folder` */
export async function bundleOf(entry: string, folder: string, name = entry.replace(/\.ts$/, '.mjs')): Promise<string> {
  const outfile = join(folder, name);
  await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    ...{ outfile, bundle: true, format: 'esm', platform: 'node', target: 'node20', mainFields: ['module', 'main'] },
    ...{ minifyWhitespace: true, banner: { js: banner }, logLevel: 'error' },
  });
  return outfile;
}
