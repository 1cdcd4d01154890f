/** Short-lived system commands, run as a given account, so that root never touches what a tenant may have planted. */
import { execFile, type ExecFileOptions } from 'node:child_process';

/** The account that a command or a server runs as; undefined: the one we run as. */
export type Account = { uid: number; gid: number } | undefined;

export interface RunOptions {
  account?: Account;
  cwd?: string;
  env?: Record<string, string>;
  input?: string;
  /** @default 60_000 */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** What the command wrote to its standard output. @throws Error with the end of its standard error when it fails */
export async function run(command: string, args: string[], options: RunOptions = {}): Promise<string> {
  const { account, cwd = '/', env = { PATH: systemPath, LC_ALL: 'C' }, input, timeoutMs = 60_000, signal } = options;
  const execution: ExecFileOptions = { cwd, env, timeout: timeoutMs, signal, maxBuffer: 1 << 24, ...account };
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, execution, (error, stdout, stderr) => {
      if (!error) return resolve(String(stdout));
      const said = String(stderr).trim().split('\n').slice(-3).join('; ');
      reject(new Error(`${command} failed: ${said === '' ? error.message : said}`, { cause: error }));
    });
    // A child that ends before it has read everything has told why on its standard error.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  });
}

/** Where system commands are, whatever the caller's PATH. */
export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
