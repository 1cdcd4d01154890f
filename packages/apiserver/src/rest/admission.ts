/** May this write happen in the world as it is: its namespace, and the rules that the plane adds. */
import {
  forbidden,
  invalid,
  notFound,
  StatusError,
  type AdmissionRule,
  type FieldError,
  type KubeObject,
} from '@larder/kube';
import type { Api, Target } from './api.ts';

type Operation = AdmissionRule['operations'][number];

/** @throws StatusError `NotFound` without the namespace, `Forbidden` while it is being deleted */
export function admitIntoNamespace(api: Api, target: Target, name: string): void {
  const { served, namespace } = target;
  if (!served.definition.namespaced) return;
  const found = api.commits.store.get({ resource: 'namespaces', namespace: '', name: namespace })?.value;
  if (found === undefined) throw notFound({ group: '', resource: 'namespaces' }, namespace);
  if (found.metadata.deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const { status } = forbidden(served.groupResource, name, why);
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  throw new StatusError({ ...status, details: { ...status.details, causes: [cause] } });
}

/** Asks every rule about the write. @throws StatusError with what the first one refuses */
export function askRules(
  api: Api,
  target: Target,
  operation: Operation,
  { object, old }: { object: KubeObject; old?: KubeObject },
): void {
  const { served } = target;
  for (const rule of api.rules) {
    if (rule.apiVersion !== served.apiVersion || rule.kind !== served.kind) continue;
    if (!rule.operations.includes(operation)) continue;
    const refusal = rule.refuse(object, old);
    if (refusal === undefined) continue;
    if (refusal.reason === 'Forbidden') throw forbidden(served.groupResource, object.metadata.name, refusal.message);
    const { field, value, message } = refusal;
    const error: FieldError = { type: 'FieldValueInvalid', field, value, detail: message };
    throw invalid(served.groupKind, object.metadata.name, [error]);
  }
}

/**
 * Asks, before a namespace goes, about everything in it that may not be deleted: half a namespace helps nobody.
 * @throws StatusError `Forbidden` that names the first
 */
export function askRulesWithin(api: Api, namespace: string): void {
  for (const rule of api.rules.filter(({ operations }) => operations.includes('DELETE'))) {
    const served = api.registry.findKind(rule.apiVersion, rule.kind);
    if (served === undefined || !served.definition.namespaced) continue;
    for (const { value } of api.commits.store.list(served.storage, namespace).items) {
      const refusal = value.metadata.deletionTimestamp === undefined ? rule.refuse(value) : undefined;
      if (refusal) throw forbidden({ group: '', resource: 'namespaces' }, namespace, refusal.message);
    }
  }
}
