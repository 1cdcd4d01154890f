/** `larder up`: starts the plane and returns when its API serves. */
import { Command } from 'commander';
import { findPlaneRecord, openHome, startDetached, type ListenWish, type PlaneRecord } from '@larder/local';
import { describePortHolder } from '@larder/postgres';
import { CommandError, EXIT } from '../failure.ts';
import { parsePort, timeoutOption, withExample } from '../options.ts';
import { shellWord } from '../shell-word.ts';
import type { Surroundings } from '../surroundings.ts';

interface UpOptions {
  apiPort?: number;
  listen?: string;
  endpoint?: string;
  foreground?: boolean;
  timeout: number;
}

export function upCommand(surroundings: Surroundings): Command {
  const command = new Command('up')
    .description('start the plane; returns when its API serves')
    .option('--api-port <port>', 'listen on this port (default: the last one if it is free, else any)', parsePort)
    .option(
      '--listen <address>',
      'where PostgreSQL servers listen beside loopback: an address of this machine, or 0.0.0.0 for all; 127.0.0.1 ends it (default: as last time)',
    )
    .option('--endpoint <name>', 'with --listen: the name that clients use (default: the address, or this host)')
    .option('--foreground', 'stay, until SIGTERM or Ctrl-C: for systemd and containers')
    .addOption(timeoutOption('how long it may take', 60))
    .action((options: UpOptions) => up(surroundings, options));
  return withExample(
    command,
    'larder up',
    'larder up --listen 0.0.0.0 --endpoint db.example.org',
    'LARDER_HOME=/tmp/second larder up --api-port 7443',
  );
}

async function up(surroundings: Surroundings, options: UpOptions): Promise<void> {
  if (options.foreground) return stay(surroundings, options);
  const home = openHome();
  const last = findPlaneRecord(home);
  const { record, alreadyRan } = await startDetached(home, {
    command: [...surroundings.self, 'up', '--foreground'],
    apiPort: options.apiPort,
    listen: wishOf(options),
    timeoutMs: options.timeout,
  });
  surroundings.print(
    `Larder ${alreadyRan ? 'serves already' : 'serves'} at ${record.endpoints.api} (process ${record.pid})`,
  );
  const told = alreadyRan ? waiting(surroundings, options, record) : changed(last, record);
  for (const line of told) surroundings.note(line);
  surroundings.print(`kubectl:  export KUBECONFIG=${shellWord(home.kubeconfig)}`);
}

async function stay(surroundings: Surroundings, options: UpOptions): Promise<void> {
  const { runPlane } = await import('@larder/local');
  const { version, build } = surroundings;
  process.exitCode = await runPlane({
    home: openHome(),
    apiPort: options.apiPort,
    listen: wishOf(options),
    version,
    build,
  });
}

function wishOf({ listen, endpoint }: UpOptions): ListenWish | undefined {
  if (listen !== undefined) return { address: listen, endpoint };
  if (endpoint === undefined) return undefined;
  throw new CommandError('cannot use --endpoint alone: it names what --listen opens', {
    remedy: `larder up --listen 0.0.0.0 --endpoint ${endpoint}`,
    exitCode: EXIT.usage,
  });
}

/** What was asked of a plane that runs already, or is new in the checkout, and so has to wait. */
function waiting({ build }: Surroundings, options: UpOptions, record: PlaneRecord): string[] {
  const { apiPort, listen } = options;
  const later = 'effect after larder down (databases go on)';
  return [
    apiPort !== undefined &&
      apiPort !== record.apiPort &&
      `It keeps port ${record.apiPort}: --api-port takes ${later}.`,
    listen !== undefined && listen !== record.listen?.address && `--listen takes ${later}.`,
    build !== undefined &&
      build !== record.build &&
      `It runs other sources than this checkout has now: those take ${later}.`,
  ].filter(line => line !== false);
}

/** What is other than last time, or open to others. */
function changed(last: PlaneRecord | undefined, { apiPort, listen }: PlaneRecord): string[] {
  const moved = last?.apiPort !== undefined && last.apiPort !== apiPort;
  const open = listen !== undefined && !/^127\.|^::1$|^localhost$/.test(listen.address);
  return [
    moved &&
      `Port ${last.apiPort} of last time is taken by ${describePortHolder(last.apiPort!)}: a kubeconfig merged before needs larder kubeconfig --merge again.`,
    open &&
      `PostgreSQL servers listen on ${listen.address}: each lets in the networks of its claim's network.allowedCIDRs, with TLS and a password. The API stays on this machine.`,
  ].filter(line => line !== false);
}
