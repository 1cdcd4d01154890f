/** The kinds of CloudNativePG, as far as they are composed or read. */
import type { KubeObject } from '@larder/kube';

export const CNPG_API_VERSION = 'postgresql.cnpg.io/v1';

export interface CnpgCluster extends KubeObject {
  spec: {
    instances: number;
    imageName: string;
    enableSuperuserAccess: boolean;
    storage: { size: string; storageClass?: string };
    [field: string]: unknown;
  };
  status?: {
    phase?: string;
    phaseReason?: string;
    image?: string;
    currentPrimary?: string;
    readyInstances?: number;
    pgDataImageInfo?: { image?: string; majorVersion?: number };
    [field: string]: unknown;
  };
}

/** The version in an image's name: from the catalog's list, else from its tag, as the operator reads it. */
export function versionOfImage(image: string, images: { version: string; image?: string }[]): string | undefined {
  const listed = images.find(entry => entry.image === image);
  if (listed) return listed.version;
  return /:(\d+\.\d+)(?![\d.])/.exec(image)?.[1];
}
