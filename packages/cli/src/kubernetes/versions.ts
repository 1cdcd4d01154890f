/** Every version that an installation on a cluster uses, and where each part comes from unless a sources file says otherwise. */
export const versions = {
  /** The oldest Kubernetes on which ValidatingAdmissionPolicies are settled. */
  kubernetes: { atLeast: '1.30' },
  crossplane: {
    version: '2.3.4',
    /** Older ones lack what the compositions use. */
    atLeast: '1.20',
    repository: 'https://charts.crossplane.io/stable',
    chart: 'crossplane',
  },
  cloudnativePg: {
    version: '1.30.0',
    manifest: 'https://raw.githubusercontent.com/cloudnative-pg/cloudnative-pg/v1.30.0/releases/cnpg-1.30.0.yaml',
  },
  stackgres: {
    version: '1.18.0',
    repository: 'https://stackgres.io/downloads/stackgres-k8s/stackgres/helm/',
    chart: 'stackgres-operator',
  },
  providerKubernetes: {
    version: '1.2.1',
    package: 'xpkg.crossplane.io/crossplane-contrib/provider-kubernetes:v1.2.1',
  },
  kind: { registryImage: 'docker.io/library/registry:2' },
  tools: { version: '0.1' },
} as const;

/** Compares `1.30`, `v1.35.4`, `1.35.4-gke.1` by their numbers. */
export function isAtLeast(version: string, least: string): boolean {
  const numbers = (text: string): number[] => (/\d+(\.\d+)*/.exec(text)?.[0] ?? '0').split('.').map(Number);
  const [has, wants] = [numbers(version), numbers(least)];
  const first = wants.findIndex((want, n) => (has[n] ?? 0) !== want);
  return first === -1 || (has[first] ?? 0) > (wants[first] ?? 0);
}
