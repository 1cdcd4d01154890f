/** The kinds of StackGres, as far as they are composed or read. */
import type { KubeObject } from '@larder/kube';

export const STACKGRES_API_VERSION = 'stackgres.io/v1';
export const CERT_MANAGER_API_VERSION = 'cert-manager.io/v1';

export interface SgCluster extends KubeObject {
  spec: {
    instances: number;
    postgres: { version: string; [field: string]: unknown };
    pods: { persistentVolume: { size: string; [field: string]: unknown }; [field: string]: unknown };
    [field: string]: unknown;
  };
  status?: {
    postgresVersion?: string;
    instances?: number;
    managedSql?: {
      scripts?: { id?: number; completedAt?: string; failedAt?: string; scripts?: { failure?: string }[] }[];
    };
    [field: string]: unknown;
  };
}

/** The names of what lies in the instance's namespace. They are stable for ever. */
export const inside = {
  profile: 'instance',
  config: 'instance',
  /** With the owner's password, which the cluster's secret generator makes. */
  owner: 'owner',
  ownerSql: 'owner-sql',
  script: 'instance',
  rootIssuer: 'root',
  authority: 'authority',
  issuer: 'instance',
  certificate: 'server',
} as const;

/** Our script among those of the cluster; 0 is the operator's own. */
export const scriptId = 1;
