/**
 * Where a claim may make the plane connect to. A name is looked up once and the connection goes to the very address that was
 * checked, so that a name which changes its mind leads nowhere.
 */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

/** Never another server of anybody's: link-local (the metadata services of clouds), unspecified, multicast. */
const never = new BlockList();
never.addSubnet('169.254.0.0', 16);
never.addSubnet('0.0.0.0', 8);
never.addSubnet('224.0.0.0', 3);
never.addSubnet('fe80::', 10, 'ipv6');
never.addSubnet('ff00::', 8, 'ipv6');
never.addAddress('::', 'ipv6');

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
  const plain = /^::ffff:([0-9.]+)$/i.exec(address)?.[1] ?? address;
  return never.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4') || isOwn(plain, port);
}

async function addressesOf(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}
