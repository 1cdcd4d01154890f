/** How the tools program is started: from the sources with tsx, or from the bundle that we run from. */
import { fileURLToPath } from 'node:url';

/** Program and arguments of `larder-sql` as a process of its own. */
export function toolsCommand(): string[] {
  const here = import.meta.url;
  if (!here.endsWith('.ts')) return [process.execPath, fileURLToPath(new URL('./larder-sql.js', here))];
  const tsx = import.meta.resolve('tsx');
  return [process.execPath, '--import', tsx, fileURLToPath(new URL('./larder-sql.ts', here))];
}
