/** Kubernetes' order of API versions: `v2` before `v1`, then betas, alphas, and anything else by name. */
const kubeVersion = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/;

/** For `Array.sort`: most preferred first. */
export function compareVersions(a: string, b: string): number {
  const left = ranks(a);
  const right = ranks(b);
  if (!left || !right) return left ? -1 : right ? 1 : a < b ? -1 : Number(a > b);
  for (const [index, rank] of left.entries()) {
    const difference = (right[index] ?? 0) - rank;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Stability, major and minor, each the higher the better; `undefined` for a name of another form. */
function ranks(version: string): number[] | undefined {
  const found = kubeVersion.exec(version);
  if (!found) return undefined;
  const stability = found[2] === 'alpha' ? 0 : found[2] === 'beta' ? 1 : 2;
  return [stability, Number(found[1]), Number(found[3] ?? 0)];
}
