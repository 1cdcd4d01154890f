/** Runs the commands of a step: with NAMESPACE and KUBECONFIG set, and `larder` and the installed kubectl on the PATH. */
import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Command } from './suite.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tools = process.env.LARDER_TOOLS ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'larder/tools');

/** kuttl's default, in seconds. */
const DEFAULT_TIMEOUT = 30;

/** @throws Error with the command, its exit code and what it printed */
export async function runCommand(command: Command, place: { namespace: string; kubeconfig: string }): Promise<void> {
  const line = command.script ?? command.command;
  if (!line) throw new Error('a command needs `command` or `script`');
  const namespaced = command.namespaced ? ` --namespace ${place.namespace}` : '';
  const options = {
    cwd: root,
    timeout: (command.timeout ?? DEFAULT_TIMEOUT) * 1000,
    env: {
      ...process.env,
      NAMESPACE: place.namespace,
      KUBECONFIG: place.kubeconfig,
      PATH: [join(root, 'node_modules/.bin'), join(tools, 'bin'), process.env.PATH].join(delimiter),
    },
  };
  try {
    await promisify(execFile)('/bin/sh', ['-c', line + namespaced], options);
  } catch (error) {
    if (command.ignoreFailure) return;
    const { code, stdout, stderr } = error as { code: unknown; stdout: string; stderr: string };
    throw new Error(`cannot run \`${line}\`: exit ${String(code)}: ${stderr.trim() || stdout.trim()}`, {
      cause: error,
    });
  }
}
