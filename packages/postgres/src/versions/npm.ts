/**
 * The npm registry, through the user's own `npm`: its proxies, credentials and certificate authorities hold here too
 * (docs/decisions/0040).
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const LOOKUP_MS = 30_000;
const FETCH_MS = 30 * 60_000;

/** Where packages come from. */
export interface Registry {
  /** All versions of a package. @throws Error when the registry can't be reached */
  versions(name: string, signal?: AbortSignal): Promise<string[]>;
  /** What the registry says of one version. */
  distribution(name: string, version: string, signal?: AbortSignal): Promise<Distribution>;
  /** Writes the package's archive into `folder` and returns its file name. */
  fetch(name: string, version: string, folder: string, signal?: AbortSignal): Promise<string>;
}

export interface Distribution {
  /** Subresource integrity: `sha512-…`. */
  integrity: string;
  unpackedSize?: number;
}

export const npmRegistry: Registry = {
  async versions(name, signal) {
    const found = await npm(['view', name, 'versions', '--json'], LOOKUP_MS, signal);
    return typeof found === 'string' ? [found] : (found as string[]);
  },
  async distribution(name, version, signal) {
    const found = await npm(['view', `${name}@${version}`, 'dist', '--json'], LOOKUP_MS, signal);
    return found as Distribution;
  },
  async fetch(name, version, folder, signal) {
    const args = ['pack', `${name}@${version}`, '--json', '--pack-destination', folder];
    const [packed] = (await npm(args, FETCH_MS, signal)) as { filename: string }[];
    // Old npm versions answer with the scope's slash in the name, but write `scope-name`.
    return (packed?.filename ?? '').replace('@', '').replace('/', '-');
  },
};

async function npm(args: string[], timeout: number, signal?: AbortSignal): Promise<unknown> {
  const options = { timeout, signal, maxBuffer: 1 << 26, cwd: '/', env: { ...process.env, NODE_ENV: 'production' } };
  try {
    return JSON.parse((await promisify(execFile)('npm', args, options)).stdout);
  } catch (error) {
    throw new Error(`cannot ask npm for ${args[1]}: ${causeOf(error)}`, { cause: error });
  }
}

/** npm's own words: the error object of `--json`, or its last error line. */
function causeOf(error: unknown): string {
  const { stdout = '', stderr = '', code } = error as { stdout?: string; stderr?: string; code?: unknown };
  if (code === 'ENOENT') return 'there is no npm command in PATH; install npm, or the system package of that version';
  const summary = /"summary":\s*"((?:[^"\\]|\\.)*)"/.exec(stdout)?.[1];
  const lines = stderr.split('\n').filter(line => /npm (error|ERR!)/.test(line));
  const line = lines.find(text => !/code |A complete log/.test(text))?.replace(/npm (error|ERR!)\s*/, '');
  return summary ?? line ?? 'npm gave no reason';
}
