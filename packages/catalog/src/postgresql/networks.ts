/** Networks in CIDR notation. */

export interface Network {
  /** 4 or 16 bytes. */
  address: number[];
  prefixLength: number;
}

/** The network that `text` names; `undefined` when it names none. */
export function parseNetwork(text: string): Network | undefined {
  const [, host = '', length = ''] = /^([0-9a-fA-F:.]+)\/(\d{1,3})$/.exec(text) ?? [];
  const address = host.includes(':') ? parseIpv6(host) : parseIpv4(host);
  const prefixLength = Number(length);
  return address && length !== '' && prefixLength <= address.length * 8 ? { address, prefixLength } : undefined;
}

/** Whether the network holds nothing but this machine's own addresses. */
export function isLoopback({ address, prefixLength }: Network): boolean {
  if (address.length === 4) return address[0] === 127 && prefixLength >= 8;
  return prefixLength === 128 && address.every((byte, index) => byte === (index === 15 ? 1 : 0));
}

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.map(Number);
}

function parseIpv6(text: string): number[] | undefined {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  const [before, after] = [groups(head), groups(tail ?? '')];
  if (!before || !after) return undefined;
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...before, ...Array<number>(missing).fill(0), ...after].flatMap(group => [group >> 8, group & 255]);
}

function groups(text: string): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  return parts.every(part => /^[0-9a-fA-F]{1,4}$/.test(part)) ? parts.map(part => parseInt(part, 16)) : undefined;
}
