/** How the storage process is started: from the sources with tsx, or from the bundle that we run from. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Program and arguments. */
export function storageCommand(): string[] {
  const here = import.meta.url;
  if (!here.endsWith('.ts')) return storageCommandOf(fileURLToPath(new URL('.', here)));
  const tsx = import.meta.resolve('tsx');
  return [...NODE, '--import', tsx, fileURLToPath(new URL('./main.ts', here))];
}

/** The same from a folder with a bundle. */
export function storageCommandOf(bundle: string): string[] {
  return [...NODE, join(bundle, 'larder-storage.js')];
}

/** Young objects get little room: what comes and goes here are buffers, which lie outside. Measured, 30 MB less. */
const NODE = [process.execPath, '--max-semi-space-size=2'];
