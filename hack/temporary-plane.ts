/** A local plane of its own for one run, in a temporary LARDER_HOME, with everything removed afterwards. */
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const larder = fileURLToPath(new URL('../packages/cli/bin/larder.js', import.meta.url));
const run = promisify(execFile);

export interface TemporaryPlane {
  home: string;
  /** Path of the administrator's kubeconfig. */
  kubeconfig: string;
  pid: number;
  stop(): Promise<void>;
}

/** Starts `larder up` in a new home. Binaries that were fetched before are used again: LARDER_HOME's siblings share npm's cache. */
export async function startTemporaryPlane(): Promise<TemporaryPlane> {
  const home = mkdtempSync(join(tmpdir(), 'larder-home-'));
  // Servers run as users of their own, and must be able to pass through.
  chmodSync(home, 0o755);
  const env = { ...process.env, LARDER_HOME: home };
  const stop = async (): Promise<void> => {
    await run(process.execPath, [larder, 'clean'], { env });
    rmSync(home, { recursive: true, force: true });
  };
  try {
    await run(process.execPath, [larder, 'up'], { env });
    const status = await run(process.execPath, [larder, 'status', '-o', 'json'], { env });
    const { pid } = JSON.parse(status.stdout) as { pid: number };
    return { home, kubeconfig: join(home, 'kubeconfig'), pid, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** $KUBECONFIG, or that of the plane in LARDER_HOME, as a file. */
export function findKubeconfig(): string {
  if (process.env.KUBECONFIG) return process.env.KUBECONFIG;
  const file = join(mkdtempSync(join(tmpdir(), 'larder-kubeconfig-')), 'kubeconfig');
  process.once('exit', () => rmSync(join(file, '..'), { recursive: true, force: true }));
  writeFileSync(file, execFileSync(process.execPath, [larder, 'kubeconfig']), { mode: 0o600 });
  return file;
}
