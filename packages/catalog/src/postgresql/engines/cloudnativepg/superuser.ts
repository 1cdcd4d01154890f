/**
 * The superuser's password. The operator always makes one, since the agent works with it; who owns the instance gets it with
 * `access.superuser` alone. When that is taken back it must not stay valid: access is switched off until the operator has removed the
 * Secret, and on again, which makes another password.
 */
import { fieldAt, textOf } from '../../fields.ts';
import type { CnpgCluster } from './cluster-kinds.ts';

/** On the Cluster: the owner knows the password. */
export const givenAnnotation = 'larder.dev/superuser-given';

export interface SuperuserPlan {
  /** Whether the operator keeps a password. */
  access: boolean;
  /** Whether the owner knows, or may know, the one that there is. */
  given: boolean;
}

export function planSuperuser(wanted: boolean, cluster: CnpgCluster | undefined): SuperuserPlan {
  if (wanted) return { access: true, given: true };
  if (!cluster || !isSuperuserGiven(cluster)) return { access: true, given: false };
  const isOff = cluster.spec.enableSuperuserAccess === false;
  const isRemoved = textOf(fieldAt(cluster.status, 'secretsResourceVersion.superuserSecretVersion')) === '';
  return isOff && isRemoved ? { access: true, given: false } : { access: false, given: true };
}

export function isSuperuserGiven({ metadata }: CnpgCluster): boolean {
  return metadata.annotations?.[givenAnnotation] === 'true';
}
