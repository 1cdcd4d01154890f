/** `larder cluster …`: the catalog on Kubernetes; on the cluster of the current kubeconfig, or on one that kind makes. */
import { Command, Option } from 'commander';
import { deliveries } from '../kubernetes/catalog.ts';
import { engines } from '../kubernetes/operators.ts';
import { deprovisionCluster, provisionCluster, type ClusterOptions } from '../kubernetes/provision.ts';
import { cleanCluster, type RemoveOptions } from '../kubernetes/remove.ts';
import { timeoutOption, withExample } from '../options.ts';
import type { Surroundings } from '../surroundings.ts';

export function clusterCommand(surroundings: Surroundings): Command {
  const command = new Command('cluster')
    .description('the catalog on Kubernetes: provision, deprovision, clean')
    .addCommand(provision(surroundings))
    .addCommand(deprovision(surroundings))
    .addCommand(clean(surroundings));
  return withExample(command, 'larder cluster provision --registry registry.example.com/team/larder');
}

function provision(surroundings: Surroundings): Command {
  const command = new Command('provision')
    .description(
      'install what the catalog needs and the catalog, make the instance of service/, and prove with a job that it works',
    )
    .addOption(planeOption())
    .addOption(new Option('--registry <host/path>', 'where images and packages are pushed').env('REGISTRY'))
    .addOption(
      new Option('--registry-in-cluster <host/path>', 'what the cluster calls that registry').env(
        'REGISTRY_IN_CLUSTER',
      ),
    )
    .addOption(
      new Option('--engine <engine>', 'what runs the databases')
        .choices(engines)
        .default('cloudnativepg')
        .env('ENGINE'),
    )
    .addOption(
      new Option('--delivery <way>', 'how composed objects reach the databases’ cluster')
        .choices(deliveries)
        .default('direct')
        .env('DELIVERY'),
    )
    .addOption(
      new Option('--sources <file>', 'where charts, manifests and images come from instead (JSON)').env(
        'LARDER_SOURCES',
      ),
    )
    .option('--only-catalog', 'make no instance')
    .addOption(timeoutOption('how long the instance may take', 600))
    .action((options: ClusterOptions) => provisionCluster(surroundings, options));
  return withExample(command.exitOverride(), 'larder cluster provision --registry registry.example.com/team/larder');
}

function deprovision(surroundings: Surroundings): Command {
  const command = new Command('deprovision')
    .description('delete the instance of service/ and its job; the catalog stays')
    .addOption(planeOption())
    .addOption(timeoutOption('how long that may take', 300))
    .action((options: { timeout: number }) => deprovisionCluster(surroundings, options.timeout));
  return withExample(command.exitOverride(), 'larder cluster deprovision');
}

function clean(surroundings: Surroundings): Command {
  const command = new Command('clean')
    .description('remove the catalog from the cluster, or the whole kind cluster')
    .addOption(planeOption())
    .option('--claims', 'delete all claims first, with their data')
    .addOption(timeoutOption('how long each may take', 300))
    .action((options: RemoveOptions) => cleanCluster(surroundings, options));
  return withExample(command.exitOverride(), 'larder cluster clean');
}

function planeOption(): Option {
  return new Option('--plane <plane>', 'the cluster of the current kubeconfig, or one that kind makes')
    .choices(['kubernetes', 'kind'])
    .default('kubernetes')
    .env('PLANE');
}
