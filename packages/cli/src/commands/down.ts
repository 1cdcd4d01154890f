/** `larder down`: stops the plane. Databases outlive it unless told otherwise. */
import { Command } from 'commander';
import { findHome, findOwnProcesses, stopOwnProcesses, stopPlane } from '@larder/local';
import { withExample } from '../options.ts';
import type { Surroundings } from '../surroundings.ts';

export function downCommand(surroundings: Surroundings): Command {
  const command = new Command('down')
    .description('stop the plane; databases and buckets go on serving, unless --databases')
    .option(
      '--databases',
      'stop the PostgreSQL servers too, and the server of the buckets (larder up starts them again)',
    )
    .action((options: { databases?: boolean }) => down(surroundings, options.databases === true));
  return withExample(command, 'larder down', 'larder down --databases    # before the machine is switched off');
}

async function down({ print }: Surroundings, databases: boolean): Promise<void> {
  const home = findHome();
  const stopped = home && (await stopPlane(home));
  print(stopped ? `Larder is stopped (process ${stopped.pid}).` : 'Larder was not running.');
  if (!home) return;
  const running = findOwnProcesses(home);
  const servers = running.filter(found => found.kind === 'server');
  if (databases) {
    await stopOwnProcesses(home);
    print(`${count(servers.length)} stopped; the data is kept, larder up starts them again.`);
  } else if (servers.length > 0) {
    print(`${count(servers.length)} still running and can be used; stop them with: larder down --databases`);
  } else if (running.some(found => found.kind === 'storage')) {
    print('Buckets are still served; stop that too with: larder down --databases');
  }
}

function count(servers: number): string {
  return servers === 1 ? '1 PostgreSQL server is' : `${servers} PostgreSQL servers are`;
}
