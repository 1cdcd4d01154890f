/** Which networks reach a server. */

export function isLoopback(address: string): boolean {
  return address === '::1' || address === 'localhost' || /^127\./.test(address);
}

/** The networks that are allowed but can't reach a server that listens on loopback only. */
export function unreachable(allowedCidrs: string[], addresses: string[]): string[] {
  if (addresses.some(address => !isLoopback(address))) return [];
  return allowedCidrs.filter(cidr => !isLoopback(cidr.split('/')[0] ?? ''));
}
