/** How Larder's other processes are started. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Program and arguments: `<name>.js` of the bundle that we run from, or else `source` with tsx. Who runs from the sources may name a
 * bundle of the same sources in LARDER_BUNDLE: its programs start in a tenth of the time.
 */
export function ownProgram(name: string, source: URL, flags: string[] = []): string[] {
  const here = import.meta.url;
  const bundle = here.endsWith('.ts') ? process.env.LARDER_BUNDLE : fileURLToPath(new URL('.', here));
  if (bundle !== undefined) return [process.execPath, ...flags, join(bundle, `${name}.js`)];
  return [process.execPath, ...flags, '--import', import.meta.resolve('tsx'), fileURLToPath(source)];
}
