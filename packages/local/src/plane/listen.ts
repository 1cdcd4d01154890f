/** Where PostgreSQL servers listen beside loopback. The API never leaves loopback: who may do everything sits on this machine. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { HomeError } from '../home/home.ts';
import { loopback, type Listen } from '../servers/options.ts';
import { isLoopback } from '../servers/network.ts';

/** What the plane was asked for; kept in its record, so that it holds after a reboot too. */
export interface ListenWish {
  /** An address of this machine, `0.0.0.0` or `::` for all. */
  address: string;
  /** The name that clients use. @default the address; for all addresses the machine's name */
  endpoint?: string;
}

/** The addresses of a wish, checked against this machine. @throws HomeError */
export async function resolveListen(wish: ListenWish | undefined): Promise<Listen> {
  if (wish === undefined || isLoopback(wish.address)) return loopback;
  const { address } = wish;
  const own = ownAddresses();
  const everywhere = address === '0.0.0.0' || address === '::';
  if (isIP(address) === 0)
    throw new HomeError(`cannot listen on "${address}": that is no IP address; this machine has ${own.join(', ')}`);
  if (!everywhere && !own.includes(address))
    throw new HomeError(
      `cannot listen on "${address}": this machine has no such address; it has ${own.join(', ')}, and 0.0.0.0 means all`,
    );
  const endpoint = wish.endpoint ?? (everywhere ? hostname() : address);
  await checkResolves(endpoint);
  return everywhere
    ? { addresses: [address], endpoint, own }
    : { addresses: [...loopback.addresses, address], endpoint, own: [address] };
}

async function checkResolves(endpoint: string): Promise<void> {
  try {
    await lookup(endpoint);
  } catch (cause) {
    throw new HomeError(
      `cannot use "${endpoint}" as the servers' endpoint: this machine can't resolve it; give a name or address with --endpoint`,
      { cause },
    );
  }
}

/** Without loopback and link-local ones, which nobody can use by themselves. */
function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap(found => found ?? []);
  return all.filter(({ internal, scopeid }) => !internal && !scopeid).map(({ address }) => address);
}
