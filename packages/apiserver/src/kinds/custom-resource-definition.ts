/** What a CustomResourceDefinition does: it takes names, says whether it is served, and outlives its objects when deleted. */
import {
  defaultCustomResourceDefinition,
  equalJson,
  pruneDefinitionSchemas,
  validateCustomResourceDefinition,
  type Condition,
  type KubeObject,
} from '@larder/kube';
import { acceptNames, cleanupFinalizer, crdResource, storageVersionOf, type Crd } from '../registry/crd.ts';
import { timestamp, type Api, type Strategy } from '../rest/api.ts';

export const customResourceDefinitionStrategy: Strategy = {
  generation: true,
  keepsStatus: true,
  prune: pruneDefinitionSchemas,
  fill(object: KubeObject) {
    const crd = object as Crd;
    if (!isComplete(crd)) return;
    defaultCustomResourceDefinition(crd);
  },
  prepare(object: KubeObject, _old: KubeObject | undefined, api: Api) {
    const crd = object as Crd;
    if (!isComplete(crd)) return;
    const others = api.commits.store.list(crdResource).items.map(({ value }) => value as Crd);
    crd.status = statusOf(crd, others, timestamp(api.now()));
  },
  // What was found right once isn't read again: schemas and rules take long, and every start of a plane applies all definitions.
  validate: (object, old) => (isAsBefore(object, old) ? [] : validateCustomResourceDefinition(object, old)),
  startDelete(object: KubeObject) {
    const crd = object as Crd;
    const { metadata } = crd;
    // Kubernetes marks a definition without counting that as a change of it.
    delete metadata.deletionGracePeriodSeconds;
    if (metadata.generation !== undefined) metadata.generation--;
    metadata.finalizers = [...(metadata.finalizers ?? []).filter(name => name !== cleanupFinalizer), cleanupFinalizer];
    const message = 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon';
    const time = metadata.deletionTimestamp ?? '';
    const terminating = { type: 'Terminating', status: 'True', reason: 'InstanceDeletionPending', message } as const;
    crd.status = { ...crd.status, conditions: withCondition(crd.status?.conditions ?? [], terminating, time) };
  },
};

function isAsBefore(object: KubeObject, old: KubeObject | undefined): boolean {
  return old !== undefined && equalJson(object.spec, old.spec) && equalJson(object.status, old.status);
}

/** Whether there is enough of it to work with; validation says what isn't there. */
function isComplete(crd: Crd): boolean {
  const { spec } = crd as { spec?: Partial<Crd['spec']> };
  return typeof spec?.names?.kind === 'string' && typeof spec.names.plural === 'string' && Array.isArray(spec.versions);
}

/** Names and conditions as they follow from the definition and the others in its group. */
export function statusOf(crd: Crd, others: readonly Crd[], time: string): Crd['status'] {
  const { names, conflict } = acceptNames(crd, others);
  const before = crd.status?.conditions ?? [];
  const was = before.find(({ type }) => type === 'Established')?.status === 'True';
  const accepted: Condition = conflict
    ? { type: 'NamesAccepted', status: 'False', ...conflict }
    : { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' };
  const established: Condition =
    conflict && !was
      ? { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }
      : {
          type: 'Established',
          status: 'True',
          reason: 'InitialNamesAccepted',
          message: 'the initial names have been accepted',
        };
  const storage = storageVersionOf(crd);
  const stored = crd.status?.storedVersions ?? [];
  return {
    ...crd.status,
    acceptedNames: names,
    conditions: withCondition(withCondition(before, accepted, time), established, time),
    storedVersions: storage === undefined || stored.includes(storage) ? stored : [...stored, storage],
  };
}

function withCondition(conditions: readonly Condition[], next: Condition, time: string): Condition[] {
  const old = conditions.find(({ type }) => type === next.type);
  const lastTransitionTime = old?.status === next.status ? (old.lastTransitionTime ?? time) : time;
  const condition = { ...next, lastTransitionTime };
  if (old === undefined) return [...conditions, condition];
  return conditions.map(current => (current.type === next.type ? condition : current));
}
