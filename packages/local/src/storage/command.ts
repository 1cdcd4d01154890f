/** How the storage process is started: from the sources with tsx, or from the bundle that we run from. */
import { fileURLToPath } from 'node:url';

/** Program and arguments. */
export function storageCommand(): string[] {
  const here = import.meta.url;
  if (!here.endsWith('.ts')) return [process.execPath, fileURLToPath(new URL('./larder-storage.js', here))];
  const tsx = import.meta.resolve('tsx');
  return [process.execPath, '--import', tsx, fileURLToPath(new URL('./main.ts', here))];
}
