/** Where no claim can make the agent connect: its own pod, and the API of the cluster that it runs in. */
import { networkInterfaces } from 'node:os';
import type { OwnPorts } from '@larder/sql';

export function podPorts(apiServer: string): OwnPorts {
  const { hostname, port } = new URL(apiServer);
  const api = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443) };
  return (address, asked) =>
    address.startsWith('127.') ||
    address === '::1' ||
    (address === api.host && asked === api.port) ||
    Object.values(networkInterfaces()).some(each => each?.some(({ address: own }) => own === address));
}
