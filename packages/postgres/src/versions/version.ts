/** PostgreSQL versions as facts: how they are written and ordered, and which of their builds is newest. */

export interface PostgresVersionNumber {
  major: number;
  minor: number;
}

/** `17.10` as numbers; undefined for anything else. */
export function parseVersion(text: string): PostgresVersionNumber | undefined {
  const match = /^(\d{2})\.(\d{1,3})$/.exec(text);
  return match ? { major: Number(match[1]), minor: Number(match[2]) } : undefined;
}

/** Negative when `a` is older. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  if (!left || !right) return a < b ? -1 : Number(a > b);
  return left.major - right.major || left.minor - right.minor;
}

/** A version of the npm packages: `17.10.0-beta.17` is PostgreSQL 17.10, build 17. */
export interface PackagedVersion {
  version: string;
  packageVersion: string;
  /** Higher is newer, among those of one PostgreSQL version. */
  build: [patch: number, stage: number, build: number];
}

/** Undefined for what isn't a build of PostgreSQL: the packages' versions are prereleases throughout, `15.5.1` is 15.5 packed anew. */
export function parsePackagedVersion(packageVersion: string): PackagedVersion | undefined {
  const match = /^(\d{2})\.(\d{1,3})\.(\d+)(?:-(alpha|beta)\.(\d+))?$/.exec(packageVersion);
  if (!match) return undefined;
  const [, major, minor, patch, stage, build] = match;
  const order = stage === undefined ? 2 : Number(stage === 'beta');
  return { version: `${major}.${minor}`, packageVersion, build: [Number(patch), order, Number(build ?? 0)] };
}

/** The highest build of each PostgreSQL version, newest PostgreSQL first. */
export function newestBuilds(packageVersions: string[]): PackagedVersion[] {
  const best = new Map<string, PackagedVersion>();
  for (const text of packageVersions) {
    const parsed = parsePackagedVersion(text);
    if (!parsed) continue;
    const known = best.get(parsed.version);
    if (!known || compareBuilds(parsed.build, known.build) > 0) best.set(parsed.version, parsed);
  }
  return [...best.values()].sort((a, b) => compareVersions(b.version, a.version));
}

function compareBuilds(a: PackagedVersion['build'], b: PackagedVersion['build']): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
