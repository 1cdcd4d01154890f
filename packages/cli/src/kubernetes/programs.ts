/** Runs the programs that an installation needs: helm, skopeo, kind, docker. Says which is missing, and what one of them complained of. */
import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { CommandError } from '../failure.ts';

const remedies: Record<string, string> = {
  helm: 'install helm 3 (helm.sh), or in this checkout: hack/tools/install.sh helm',
  skopeo: 'install skopeo (Debian and Fedora: package skopeo; macOS: brew install skopeo)',
  kind: 'install kind (kind.sigs.k8s.io), or use PLANE=kubernetes with a cluster that you have',
  docker: 'install Docker or Podman, or use PLANE=kubernetes with a cluster that you have',
};

/** Asked when it is needed: an account may have no home folder, and most commands need none. */
function tools(): string {
  return process.env.LARDER_TOOLS ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'larder/tools');
}

/** What it printed. @throws CommandError with what it complained of */
export async function runProgram(program: string, args: string[], input?: string): Promise<string> {
  const env = { ...process.env, PATH: [process.env.PATH, join(tools(), 'bin')].join(delimiter) };
  const running = promisify(execFile)(program, args, { env, maxBuffer: 64 * 1024 * 1024, timeout: 900_000 });
  running.child.stdin?.end(input);
  try {
    return (await running).stdout;
  } catch (cause) {
    const { code, stderr } = cause as { code?: unknown; stderr?: string };
    if (code === 'ENOENT')
      throw new CommandError(`there is no ${program} on this machine`, { remedy: remedies[program], cause });
    const last = stderr?.trim().split('\n').slice(-3).join(' ');
    throw new CommandError(`${program} ${args[0] ?? ''} ended with ${String(code)}: ${last || 'it printed nothing'}`, {
      cause,
    });
  }
}
