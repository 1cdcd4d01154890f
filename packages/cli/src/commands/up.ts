/** `larder up`: starts the plane and returns when its API serves. */
import { Command } from 'commander';
import { openHome, startDetached } from '@larder/local';
import { parsePort, parseTimeout, withExample } from '../options.ts';
import type { Surroundings } from '../surroundings.ts';

interface UpOptions {
  apiPort?: number;
  foreground?: boolean;
  timeout: number;
}

export function upCommand(surroundings: Surroundings): Command {
  const command = new Command('up')
    .description('start the plane; returns when its API serves')
    .option('--api-port <port>', 'listen on this port (default: the last one if it is free, else any)', parsePort)
    .option('--foreground', 'stay, until SIGTERM or Ctrl-C: for systemd and containers')
    .option('--timeout <duration>', 'how long it may take', parseTimeout, 60_000)
    .action((options: UpOptions) => up(surroundings, options));
  return withExample(command, 'larder up', 'LARDER_HOME=/tmp/second larder up --api-port 7443');
}

async function up(surroundings: Surroundings, options: UpOptions): Promise<void> {
  if (options.foreground) return stay(surroundings, options);
  const home = openHome();
  const { record, alreadyRan } = await startDetached(home, {
    command: [...surroundings.self, 'up', '--foreground'],
    apiPort: options.apiPort,
    timeoutMs: options.timeout,
  });
  surroundings.print(
    `Larder ${alreadyRan ? 'serves already' : 'serves'} at ${record.endpoints.api} (process ${record.pid})`,
  );
  if (alreadyRan && options.apiPort !== undefined && options.apiPort !== record.apiPort)
    surroundings.note(`It keeps port ${record.apiPort}: --api-port takes effect after larder down.`);
  surroundings.print(`kubectl:  export KUBECONFIG=${home.kubeconfig}`);
}

async function stay(surroundings: Surroundings, options: UpOptions): Promise<void> {
  const { runPlane } = await import('@larder/local');
  process.exitCode = await runPlane({ home: openHome(), apiPort: options.apiPort, version: surroundings.version });
}
