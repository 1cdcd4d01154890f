/** Real kuttl with the suites of `test/` against a plane of its own. With LARDER_FULL=1, and where kuttl and kubectl are installed. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startTemporaryPlane } from '../temporary-plane.ts';

const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
const kuttl = join(process.env.LARDER_TOOLS ?? join(cache, 'larder/tools'), 'bin/kuttl');
const suites = fileURLToPath(new URL('../../test', import.meta.url));

function reason(): string | false {
  if (!process.env.LARDER_FULL) return 'not run: it takes a minute; LARDER_FULL=1 runs it';
  return existsSync(kuttl) ? false : 'not run: no kuttl; hack/tools/install.sh kuttl builds it';
}

it('kuttl passes the suites on a local plane', { skip: reason() }, async () => {
  const plane = await startTemporaryPlane();
  // kuttl looks for the suites where it is started, and leaves a kubeconfig there.
  const cwd = join(plane.home, 'suites');
  cpSync(suites, cwd, { recursive: true });
  try {
    const env = { ...process.env, KUBECONFIG: plane.kubeconfig };
    const args = ['test', '--config', 'kuttl-test.yaml', '--artifacts-dir', plane.home];
    const output = await new Promise<string>((resolve, reject) => {
      execFile(kuttl, args, { cwd, env, timeout: 600_000 }, (error, stdout, stderr) => {
        if (error) reject(new Error(`${stdout}${stderr}`));
        else resolve(`${stdout}${stderr}`);
      });
    });
    assert.match(output, /PASS/);
  } finally {
    await plane.stop();
  }
});
