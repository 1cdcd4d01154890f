/** A folder of a test's own, removed when the test ends. */
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export function scratchFolder(test: TestContext): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'larder-local-')));
  chmodSync(folder, 0o711); // as root, a home can't lie in a private folder
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
