/** Where the cluster's files lie: programs in the cache that hack/tools shares, everything of the running cluster in one folder. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');

export const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** What is built or fetched once, and stays. */
export const tools = process.env.LARDER_TOOLS ?? join(cache, 'larder/tools');

export interface Place {
  /** Everything of this cluster; gone after `down`. */
  folder: string;
  keys: string;
  logs: string;
  /** What the node sees as /var/lib: containers, volumes, kubelet. */
  state: string;
  kubeconfig: string;
}

/** The folder of the one cluster of this machine. */
export function clusterPlace(folder = process.env.LARDER_CLUSTER ?? join(cache, 'larder/cluster')): Place {
  return {
    folder,
    keys: join(folder, 'keys'),
    logs: join(folder, 'logs'),
    state: join(folder, 'state'),
    kubeconfig: join(folder, 'kubeconfig'),
  };
}

/** Path of a program that build.sh or hack/tools made. */
export function program(name: string): string {
  return join(tools, 'bin', name);
}
