/** Addresses, networks and URLs in CEL: `cidr('10.0.0.0/8').containsIP(self.address)`. */
import { isIPv4, isIPv6 } from 'node:net';
import type { Environment } from '@marcbachmann/cel-js';
import { isCidr } from '../../schema/formats.ts';
import { define } from './define.ts';

class Address {
  readonly family: 4 | 6;
  readonly value: bigint;

  constructor(family: 4 | 6, value: bigint) {
    this.family = family;
    this.value = value;
  }

  toString(): string {
    return this.family === 4 ? formatV4(this.value) : formatV6(this.value);
  }
}

class Network {
  readonly address: Address;
  readonly bits: number;

  constructor(address: Address, bits: number) {
    this.address = address;
    this.bits = bits;
  }

  /** The bits of `address` that tell the network. */
  prefixOf(address: Address): bigint {
    return address.value >> BigInt((address.family === 4 ? 32 : 128) - this.bits);
  }

  contains(address: Address): boolean {
    return address.family === this.address.family && this.prefixOf(address) === this.prefixOf(this.address);
  }

  masked(): Network {
    const width = BigInt((this.address.family === 4 ? 32 : 128) - this.bits);
    return new Network(new Address(this.address.family, (this.address.value >> width) << width), this.bits);
  }

  toString(): string {
    return `${this.address.toString()}/${this.bits}`;
  }
}

/** Carries the functions that are written `ip.…`. */
class IpFunctions {}

const within = (address: Address, ...networks: string[]) => networks.some(text => parseNetwork(text).contains(address));

export function addNetwork(environment: Environment): void {
  environment.registerType('net.IP', Address).registerType('net.CIDR', Network);
  environment.registerType('IpFunctions', IpFunctions).registerConstant('ip', 'IpFunctions', new IpFunctions());
  environment.registerOperator('net.IP == net.IP', (a: Address, b: Address) => a.toString() === b.toString());
  environment.registerOperator('net.CIDR == net.CIDR', (a: Network, b: Network) => a.toString() === b.toString());
  define(environment, {
    'isIP(string): bool': isAddress,
    'ip(string): net.IP': parseAddress,
    'IpFunctions.isCanonical(string): bool': (_: IpFunctions, text: string) =>
      isAddress(text) && parseAddress(text).toString() === text,
    'net.IP.family(): int': (address: Address) => BigInt(address.family),
    'net.IP.isUnspecified(): bool': (address: Address) => address.value === 0n,
    'net.IP.isLoopback(): bool': (address: Address) => within(address, '127.0.0.0/8', '::1/128'),
    'net.IP.isLinkLocalMulticast(): bool': (address: Address) => within(address, '224.0.0.0/24', 'ff02::/16'),
    'net.IP.isLinkLocalUnicast(): bool': (address: Address) => within(address, '169.254.0.0/16', 'fe80::/10'),
    'string(net.IP): string': String,
    'isCIDR(string): bool': isCidr,
    'cidr(string): net.CIDR': parseNetwork,
    'net.CIDR.containsIP(string): bool': (network: Network, text: string) => network.contains(parseAddress(text)),
    'net.CIDR.containsIP(net.IP): bool': (network: Network, address: Address) => network.contains(address),
    'net.CIDR.containsCIDR(string): bool': (network: Network, text: string) => covers(network, parseNetwork(text)),
    'net.CIDR.containsCIDR(net.CIDR): bool': covers,
    'net.CIDR.ip(): net.IP': (network: Network) => network.address,
    'net.CIDR.masked(): net.CIDR': (network: Network) => network.masked(),
    'net.CIDR.prefixLength(): int': (network: Network) => BigInt(network.bits),
    'string(net.CIDR): string': String,
  });
  addUrls(environment);
}

function addUrls(environment: Environment): void {
  environment.registerType('kubernetes.URL', URL);
  environment.registerOperator('kubernetes.URL == kubernetes.URL', (a: URL, b: URL) => a.href === b.href);
  define(environment, {
    'isURL(string): bool': (text: string) => URL.canParse(text),
    'url(string): kubernetes.URL': parseUrl,
    'kubernetes.URL.getScheme(): string': (url: URL) => url.protocol.replace(/:$/, ''),
    'kubernetes.URL.getHost(): string': (url: URL) => url.host,
    'kubernetes.URL.getHostname(): string': (url: URL) => url.hostname.replace(/^\[(.*)\]$/, '$1'),
    'kubernetes.URL.getPort(): string': (url: URL) => url.port,
    'kubernetes.URL.getEscapedPath(): string': (url: URL) => url.pathname,
    'kubernetes.URL.getQuery(): map<string, list<string>>': (url: URL) =>
      new Map([...new Set(url.searchParams.keys())].map(key => [key, url.searchParams.getAll(key)])),
  });
}

function isAddress(text: string): boolean {
  return isIPv4(text) || (isIPv6(text) && !text.includes('%'));
}

function parseAddress(text: string): Address {
  if (!isAddress(text)) throw new RangeError(`IP Address "${text}" parse error during conversion from string`);
  return isIPv4(text) ? new Address(4, valueOfV4(text)) : new Address(6, valueOfV6(text));
}

function parseNetwork(text: string): Network {
  if (!isCidr(text)) throw new RangeError(`network address parse error during conversion from string: "${text}"`);
  const [address = '', bits] = text.split('/');
  return new Network(parseAddress(address), Number(bits));
}

function parseUrl(text: string): URL {
  if (!URL.canParse(text)) throw new RangeError(`URL parse error during conversion from string: "${text}"`);
  return new URL(text);
}

function covers(outer: Network, inner: Network): boolean {
  return inner.bits >= outer.bits && outer.contains(inner.address);
}

function valueOfV4(text: string): bigint {
  return text.split('.').reduce((value, part) => value * 256n + BigInt(part), 0n);
}

/** The URL parser writes any IPv6 address in its full canonical groups, also those that end like an IPv4 address. */
function valueOfV6(text: string): bigint {
  const canonical = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(missing).fill('0'), ...groups(tail ?? '')];
  return all.reduce((value, group) => value * 65536n + BigInt(`0x${group}`), 0n);
}

function formatV4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map(shift => (value >> shift) & 255n).join('.');
}

function formatV6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, at) => ((value >> BigInt(112 - 16 * at)) & 65535n).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
