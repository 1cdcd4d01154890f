/**
 * Where a claim may make the plane connect to. A name is looked up once and the connection goes to the very address that was
 * checked, so that a name which changes its mind leads nowhere.
 */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

/** Never another server of anybody's: link-local, the metadata services of clouds wherever else they are, unspecified, multicast. */
const never = new BlockList();
never.addSubnet('169.254.0.0', 16);
never.addSubnet('0.0.0.0', 8);
never.addSubnet('224.0.0.0', 3);
never.addSubnet('fe80::', 10, 'ipv6');
never.addSubnet('ff00::', 8, 'ipv6');
never.addAddress('::', 'ipv6');
for (const service of ['100.100.100.200', '168.63.129.16', '192.0.0.192']) never.addAddress(service);
never.addAddress('fd00:ec2::254', 'ipv6');

/** Whether the plane itself listens there, other than as a PostgreSQL server. */
export type OwnPorts = (address: string, port: number) => boolean;

export type Reach = { kind: 'allowed'; address: string } | { kind: 'refused'; message: string } | { kind: 'unknown' };

/** @returns `unknown` for a name that has no address now */
export async function reach(host: string, port: number, isOwn: OwnPorts): Promise<Reach> {
  const found = isIP(host) ? [host] : await addressesOf(host);
  if (found.length === 0) return { kind: 'unknown' };
  const address = found.find(each => !isForbidden(each, port, isOwn));
  if (address !== undefined) return { kind: 'allowed', address };
  return {
    kind: 'refused',
    message: `"${host}:${port}" is no place for a database server: the plane does not connect there`,
  };
}

function isForbidden(address: string, port: number, isOwn: OwnPorts): boolean {
  const plain = plainly(address);
  return never.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4') || isOwn(plain, port);
}

/** One spelling for each address: without a zone, and IPv4 inside IPv6 as IPv4. */
function plainly(address: string): string {
  if (isIP(address) !== 6) return address;
  const [bare = address] = address.split('%');
  const { hostname } = new URL(`http://[${bare}]`);
  const [, high, low] = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(hostname) ?? [];
  if (high === undefined || low === undefined) return hostname.slice(1, -1);
  return [high, low].flatMap(half => [parseInt(half, 16) >> 8, parseInt(half, 16) & 255]).join('.');
}

async function addressesOf(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}
