/** What the machine can bear: facts that the local plane publishes, and wishes that don't fit them. */
import { Quantity, type KubeObject } from '@larder/kube';
import { fieldAt, textOf } from '../fields.ts';
import { isLoopback, parseNetwork } from '../networks.ts';
import type { Parameters } from '../parameters.ts';
import type { Refused } from '../refused.ts';
import type { Capacity } from '../sizing.ts';

/** Read from the ConfigMap `larder-machine`. */
export interface Machine {
  memoryBytes?: number;
  cpus?: number;
  /** Size of the file system that holds the instances. */
  diskBytes?: number;
  /** Each instance runs as an operating system user of its own. */
  separateUsers: boolean;
  /** Where the servers listen. */
  listen: string;
}

const defaultMemory = 1024 ** 3;

export function readMachine(configMap: KubeObject | undefined): Machine {
  const number = (key: string): number | undefined => {
    const value = Number(fieldAt(configMap, `data.${key}`) ?? NaN);
    return Number.isFinite(value) && value > 0 ? value : undefined;
  };
  return {
    memoryBytes: number('memoryBytes'),
    cpus: number('cpus'),
    diskBytes: number('diskBytes'),
    separateUsers: fieldAt(configMap, 'data.separateUsers') === 'true',
    listen: textOf(fieldAt(configMap, 'data.listen'), '127.0.0.1'),
  };
}

/** What sizes the instance: its limits, else its requests, else 1 GiB and all processors; never more than the machine has. */
export function capacityOf({ limits, requests, storageBytes }: Parameters, machine: Machine): Capacity {
  const memory = limits.memoryBytes ?? requests.memoryBytes ?? defaultMemory;
  const milliCpu = limits.milliCpu ?? requests.milliCpu ?? Infinity;
  return {
    storageBytes,
    memoryBytes: Math.min(memory, machine.memoryBytes ?? Infinity),
    cpus: Math.max(1, Math.min(Math.ceil(milliCpu / 1000), machine.cpus ?? 1)),
  };
}

/** Wishes that this machine can't meet. */
export function refuseUnfit(wanted: Parameters, machine: Machine): Refused[] {
  return [
    ...tooLarge('resources.storageSize', wanted.storageBytes, machine.diskBytes, 'the disk holds'),
    ...tooLarge('resources.requests.memory', wanted.requests.memoryBytes, machine.memoryBytes, 'the machine has'),
    ...tooManyProcessors(wanted.requests.milliCpu, machine.cpus),
    ...refuseInstances(wanted.instances),
    ...refuseSuperuser(wanted.superuser, machine),
    ...wanted.allowedCIDRs.flatMap((cidr, index) => refuseNetwork(`network.allowedCIDRs[${index}]`, cidr, machine)),
  ];
}

/** Bytes as Kubernetes writes them: `10Gi`. */
export function bytesText(bytes: number): string {
  return new Quantity(BigInt(bytes) * 1_000_000_000n, 'BinarySI').format();
}

function tooLarge(field: string, wanted: number | undefined, there: number | undefined, holds: string): Refused[] {
  if (wanted === undefined || there === undefined || wanted <= there) return [];
  const because = `does not fit, since ${holds} ${Math.floor(there / 1024 ** 2)}Mi: choose less`;
  return [{ reason: 'DoesNotFit', field, value: bytesText(wanted), because }];
}

function tooManyProcessors(wanted: number | undefined, cpus: number | undefined): Refused[] {
  if (wanted === undefined || cpus === undefined || wanted <= cpus * 1000) return [];
  const because = `does not fit, since the machine has ${cpus} processors: choose less`;
  return [{ reason: 'DoesNotFit', field: 'resources.requests.cpu', value: `${wanted}m`, because }];
}

function refuseInstances(instances: number): Refused[] {
  if (instances === 1) return [];
  const because = 'is not possible on one machine, where a second server would fail with the first: set it to 1';
  return [{ reason: 'OneMachine', field: 'instances', value: String(instances), because }];
}

function refuseSuperuser(superuser: boolean, { separateUsers }: Machine): Refused[] {
  if (!superuser || separateUsers) return [];
  const because =
    'is not possible here, since a superuser has a shell as the operating system user that all instances share: leave it out, or run the plane as root, where each instance has its own user';
  return [{ reason: 'SuperuserNotPossible', field: 'access.superuser', value: 'true', because }];
}

function refuseNetwork(field: string, value: string, { listen }: Machine): Refused[] {
  const network = parseNetwork(value);
  if (!network) {
    const because = 'is no network: write address and prefix length, such as 10.0.0.0/8';
    return [{ reason: 'NetworkNotPossible', field, value, because }];
  }
  const onlyHere = listen.startsWith('127.') || listen === '::1' || listen === 'localhost';
  if (!onlyHere || isLoopback(network)) return [];
  const because = `can not connect, since the servers listen on ${listen} only: leave it out, or start the plane with larder up --listen`;
  return [{ reason: 'NetworkNotPossible', field, value, because }];
}
