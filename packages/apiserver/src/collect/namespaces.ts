/** Empties namespaces that are being deleted, says in their conditions what is left, and lets them go. Makes the permanent ones. */
import { isAlreadyExists, type Condition, type KubeObject } from '@larder/kube';
import type { CommitListener } from '../commits.ts';
import { contentFinalizer, permanentNamespaces } from '../kinds/namespace.ts';
import type { Served } from '../registry/served.ts';
import { timestamp, type Api, type WriteContext } from '../rest/api.ts';
import { create } from '../rest/create.ts';
import { removeAll } from '../rest/delete-collection.ts';
import { edit } from '../rest/edit.ts';
import type { StoreKey } from '../store/store.ts';
import { WorkQueue, type WorkQueueOptions } from './work-queue.ts';

interface Namespace extends KubeObject {
  spec?: { finalizers?: string[] };
  status?: { phase?: string; conditions?: Condition[] };
}

export class NamespaceCollector {
  readonly #api: Api;
  readonly #queue: WorkQueue;
  readonly #stop: () => void;

  constructor(api: Api, failed?: WorkQueueOptions['failed']) {
    this.#api = api;
    this.#queue = new WorkQueue({ work: name => this.#empty(name), concurrency: 4, ...(failed && { failed }) });
    this.#stop = api.commits.listen(event => this.#follow(event));
    for (const { key } of api.commits.store.list('namespaces').items) {
      if (this.#isTerminating(key.name)) this.#queue.add(key.name);
    }
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#queue.close();
  }

  #follow({ type, key, value, previous }: Parameters<CommitListener>[0]): void {
    if (key.resource === 'namespaces') {
      const marked = value.metadata.deletionTimestamp !== undefined && !previous?.metadata.deletionTimestamp;
      if (type === 'put' && marked) this.#queue.add(key.name);
    } else if (key.namespace !== '' && this.#isTerminating(key.namespace)) {
      // Also an object that changed: it may be one that couldn't be deleted before.
      this.#queue.add(key.namespace);
    }
  }

  #isTerminating(name: string): boolean {
    return this.#api.commits.store.get(keyOf(name))?.value.metadata.deletionTimestamp !== undefined;
  }

  async #empty(name: string): Promise<void> {
    if (!this.#isTerminating(name)) return;
    const failures = await this.#removeAll(name);
    // Also a barrier: whatever was admitted before the deletion was seen is stored once this is, and so is listed below.
    await edit(this.#api, keyOf(name), object => this.#report(object, failures));
    if (failures.length > 0) throw new AggregateError(failures, messagesOf(failures));
    if (this.#remaining(name).length > 0) return;
    await edit(this.#api, keyOf(name), object => withoutContentFinalizer(object));
  }

  /** What can't be deleted keeps nothing else. */
  async #removeAll(name: string): Promise<unknown[]> {
    const failures: unknown[] = [];
    for (const { served, objects } of this.#remaining(name)) {
      failures.push(...(await removeAll(this.#api, { served, namespace: name, name: '' }, objects)));
    }
    return failures;
  }

  #namespaced(): Served[] {
    return this.#api.registry.storages().filter(({ definition }) => definition.namespaced);
  }

  #remaining(name: string): { served: Served; objects: KubeObject[] }[] {
    return this.#namespaced()
      .map(served => ({
        served,
        objects: this.#api.commits.store.list(served.storage, name).items.map(({ value }) => value),
      }))
      .filter(({ objects }) => objects.length > 0);
  }

  #report(namespace: Namespace, failures: unknown[]): boolean {
    if (namespace.metadata.deletionTimestamp === undefined) return false;
    const left = this.#remaining(namespace.metadata.name);
    const time = timestamp(this.#api.now());
    const before = namespace.status?.conditions ?? [];
    const findings = [failureCondition(failures), remainingCondition(left), finalizersCondition(left)];
    const conditions = findings.map(next => {
      const old = before.find(({ type }) => type === next.type);
      return { ...next, lastTransitionTime: old?.status === next.status ? (old.lastTransitionTime ?? time) : time };
    });
    namespace.status = { ...namespace.status, phase: 'Terminating', conditions };
    return true;
  }
}

/** Makes the namespaces that are always there. */
export async function ensurePermanentNamespaces(api: Api, context: WriteContext): Promise<void> {
  const served = api.registry.findKind('v1', 'Namespace');
  if (served === undefined) return;
  await Promise.all(
    permanentNamespaces
      .filter(name => api.commits.store.get(keyOf(name)) === undefined)
      .map(name =>
        create(
          api,
          { served, namespace: '', name: '' },
          { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
          context,
        ).catch((error: unknown) => {
          if (!isAlreadyExists(error)) throw error;
        }),
      ),
  );
}

type Left = { served: Served; objects: KubeObject[] }[];

function failureCondition(failures: unknown[]): Condition {
  const type = 'NamespaceDeletionContentFailure';
  if (failures.length === 0) {
    const message = 'All content successfully deleted, may be waiting on finalization';
    return { type, status: 'False', reason: 'ContentDeleted', message };
  }
  const message = `Failed to delete all resource types, ${failures.length} remaining: ${messagesOf(failures)}`;
  return { type, status: 'True', reason: 'ContentDeletionFailed', message };
}

function messagesOf(failures: unknown[]): string {
  const texts = failures.map(failure => (failure instanceof Error ? failure.message : String(failure)));
  const [shown, more] = [[...new Set(texts)].sort().slice(0, 10), texts.length - 10];
  return shown.join(', ') + (more > 0 ? `, and ${more} more` : '');
}

function remainingCondition(left: Left): Condition {
  const type = 'NamespaceContentRemaining';
  if (left.length === 0) {
    return { type, status: 'False', reason: 'ContentRemoved', message: 'All content successfully removed' };
  }
  const parts = left.map(({ served, objects }) => `${dotted(served)} has ${objects.length} resource instances`).sort();
  return {
    type,
    status: 'True',
    reason: 'SomeResourcesRemain',
    message: `Some resources are remaining: ${parts.join(', ')}`,
  };
}

function finalizersCondition(left: Left): Condition {
  const counts = new Map<string, number>();
  for (const finalizer of left.flatMap(({ objects }) => objects.flatMap(({ metadata }) => metadata.finalizers ?? []))) {
    counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1);
  }
  const type = 'NamespaceFinalizersRemaining';
  if (counts.size === 0) {
    return {
      type,
      status: 'False',
      reason: 'ContentHasNoFinalizers',
      message: 'All content-preserving finalizers finished',
    };
  }
  const parts = [...counts].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`).sort();
  const message = `Some content in the namespace has finalizers remaining: ${parts.join(', ')}`;
  return { type, status: 'True', reason: 'SomeFinalizersRemain', message };
}

function dotted({ definition: { plural, group } }: Served): string {
  return `${plural}.${group}`;
}

function withoutContentFinalizer(namespace: Namespace): boolean {
  const finalizers = namespace.spec?.finalizers ?? [];
  if (!finalizers.includes(contentFinalizer)) return false;
  namespace.spec = { ...namespace.spec, finalizers: finalizers.filter(name => name !== contentFinalizer) };
  return true;
}

function keyOf(name: string): StoreKey {
  return { resource: 'namespaces', namespace: '', name };
}
