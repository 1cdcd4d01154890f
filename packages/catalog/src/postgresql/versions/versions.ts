/** PostgreSQL versions as wishes write them: `17` for a major, `17.9` for exactly that. */

/** The major of `17` or `17.9`. */
export function majorOf(version: string): number {
  const dot = version.indexOf('.');
  return Number(dot < 0 ? version : version.slice(0, dot));
}

/** Negative, zero or positive. A bare major is equal to each of its versions: `17` is neither below nor above `17.9`. */
export function compareVersions(left: string, right: string): number {
  const [leftMajor = 0, leftMinor] = left.split('.').map(Number);
  const [rightMajor = 0, rightMinor] = right.split('.').map(Number);
  if (leftMajor !== rightMajor) return leftMajor - rightMajor;
  return leftMinor === undefined || rightMinor === undefined ? 0 : leftMinor - rightMinor;
}
