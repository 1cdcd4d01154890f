/** What a Namespace does: it stays until its content is gone, and some may never go. */
import { forbidden, validateDns1123Label, type KubeObject } from '@larder/kube';
import type { Strategy } from '../rest/api.ts';

/** Made at start, and never deleted. */
export const permanentNamespaces = ['default', 'kube-system', 'larder-system'];

/** Stands in `spec.finalizers` until the namespace is empty. */
export const contentFinalizer = 'kubernetes';

interface Namespace extends KubeObject {
  spec?: { finalizers?: string[] };
  status?: { phase?: string };
}

export const namespaceStrategy: Strategy = {
  checkName: validateDns1123Label,
  keepsStatus: true,
  answersDeleted: true,
  fill({ metadata }: Namespace) {
    if (!metadata.name) return;
    metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name };
  },
  prepare(object: Namespace, old: Namespace | undefined) {
    const asked = (object.spec?.finalizers ?? []).filter(name => name !== contentFinalizer);
    object.spec = { ...object.spec, finalizers: old ? (old.spec?.finalizers ?? []) : [...asked, contentFinalizer] };
    if (!old) object.status = { phase: 'Active' };
  },
  refuseDelete({ metadata: { name } }) {
    if (!permanentNamespaces.includes(name)) return undefined;
    return forbidden({ group: '', resource: 'namespaces' }, name, 'this namespace may not be deleted');
  },
  startDelete(object: Namespace) {
    // A namespace goes when it is empty, not after a time.
    delete object.metadata.deletionGracePeriodSeconds;
    object.status = { ...object.status, phase: 'Terminating' };
  },
  holds: (object: Namespace) => (object.spec?.finalizers?.length ?? 0) > 0,
};
