/** How the monitor process is started: from the sources with tsx, or from the bundle that we run from. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Program and arguments. */
export function monitorCommand(): string[] {
  const here = import.meta.url;
  if (!here.endsWith('.ts')) return monitorCommandOf(fileURLToPath(new URL('.', here)));
  const tsx = import.meta.resolve('tsx');
  return [...NODE, '--import', tsx, fileURLToPath(new URL('./main.ts', here))];
}

/** The same from a folder with a bundle. */
export function monitorCommandOf(bundle: string): string[] {
  return [...NODE, join(bundle, 'larder-monitor.js')];
}

/** What it reads is small and soon of no use any more. */
const NODE = [process.execPath, '--max-semi-space-size=2'];
