/** A folder of a test's own, removed when its file has run: what a test ends after itself still finds its home. */
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function scratchFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'larder-local-')));
  chmodSync(folder, 0o711); // as root, a home can't lie in a private folder
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
