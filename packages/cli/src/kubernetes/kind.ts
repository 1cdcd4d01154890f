/** A cluster by kind with a registry beside it, as commands: each looks first, so that all may be repeated. */
import { runProgram } from './programs.ts';
import type { Registry } from './registry.ts';
import type { Step } from './steps.ts';
import { versions } from './versions.ts';

export const KIND_CLUSTER = 'larder';
const CONTAINER = 'larder-registry';
/** Ends in `.local`, which is where Crossplane's package manager speaks plain HTTP. */
const NAME_IN_CLUSTER = 'larder-registry.local:5000';
const PORT = 5001;

export const kindRegistry: Registry = { push: `localhost:${PORT}/larder`, pull: `${NAME_IN_CLUSTER}/larder` };

/** The words of a command, with what it reads. */
export interface KindCommand {
  program: 'kind' | 'docker';
  args: string[];
  input?: string;
}

export const kindCommands = {
  clusters: { program: 'kind', args: ['get', 'clusters'] },
  create: {
    program: 'kind',
    args: ['create', 'cluster', '--name', KIND_CLUSTER, '--wait', '180s', '--config', '-'],
    input: config(),
  },
  registries: { program: 'docker', args: ['ps', '--all', '--filter', `name=^${CONTAINER}$`, '--format', '{{.Names}}'] },
  startRegistry: {
    program: 'docker',
    args: [
      ...['run', '--detach', '--restart', 'unless-stopped', '--name', CONTAINER],
      ...[
        '--publish',
        `127.0.0.1:${PORT}:5000`,
        '--network',
        'kind',
        '--network-alias',
        NAME_IN_CLUSTER.split(':')[0]!,
      ],
      versions.kind.registryImage,
    ],
  },
  mirror: {
    program: 'docker',
    args: ['exec', '--interactive', `${KIND_CLUSTER}-control-plane`, 'sh', '-c', writeHosts()],
    input: `server = "http://${NAME_IN_CLUSTER}"\n[host."http://${NAME_IN_CLUSTER}"]\n  capabilities = ["pull", "resolve"]\n`,
  },
  delete: { program: 'kind', args: ['delete', 'cluster', '--name', KIND_CLUSTER] },
  removeRegistry: { program: 'docker', args: ['rm', '--force', '--volumes', CONTAINER] },
} satisfies Record<string, KindCommand>;

export function kindSteps(): Step[] {
  return [
    {
      name: `kind cluster "${KIND_CLUSTER}"`,
      look: `kind export logs --name ${KIND_CLUSTER}`,
      find: async () => ((await run(kindCommands.clusters)).includes(KIND_CLUSTER) ? 'it is there' : undefined),
      run: async () => void (await run(kindCommands.create)),
    },
    {
      name: 'a registry beside it',
      look: `docker logs ${CONTAINER}`,
      find: async () => ((await run(kindCommands.registries)).includes(CONTAINER) ? 'it is there' : undefined),
      run: async () => void (await run(kindCommands.startRegistry)),
    },
    {
      name: 'the cluster finds the registry',
      look: `docker exec ${KIND_CLUSTER}-control-plane ls /etc/containerd/certs.d`,
      run: async () => void (await run(kindCommands.mirror)),
    },
  ];
}

/** Removes cluster and registry; neither needs to be there. */
export async function removeKind(): Promise<void> {
  await run(kindCommands.delete);
  await run(kindCommands.removeRegistry);
}

async function run({ program, args, input }: KindCommand): Promise<string[]> {
  return (await runProgram(program, args, input)).split('\n');
}

/** containerd reads certs.d at each pull once its configuration names the folder. */
function config(): string {
  return `kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
containerdConfigPatches:
  - |-
    [plugins."io.containerd.grpc.v1.cri".registry]
      config_path = "/etc/containerd/certs.d"
`;
}

function writeHosts(): string {
  const folder = `/etc/containerd/certs.d/${NAME_IN_CLUSTER}`;
  return `mkdir -p ${folder} && cat > ${folder}/hosts.toml`;
}
