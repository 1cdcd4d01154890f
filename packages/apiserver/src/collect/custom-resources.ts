/** Deletes the objects of a CustomResourceDefinition that is being deleted, then lets it go. */
import type { Condition } from '@larder/kube';
import type { CommitListener } from '../commits.ts';
import { statusOf } from '../kinds/custom-resource-definition.ts';
import { cleanupFinalizer, crdResource, isEstablished, type Crd } from '../registry/crd.ts';
import { timestamp, type Api } from '../rest/api.ts';
import { removeCollection } from '../rest/delete-collection.ts';
import { edit, withoutFinalizer } from '../rest/edit.ts';
import type { StoreKey } from '../store/store.ts';
import { WorkQueue, type WorkQueueOptions } from './work-queue.ts';

export class CustomResourceCollector {
  readonly #api: Api;
  readonly #queue: WorkQueue;
  readonly #stop: () => void;

  constructor(api: Api, failed?: WorkQueueOptions['failed']) {
    this.#api = api;
    this.#queue = new WorkQueue({ work: name => this.#sync(name), concurrency: 4, ...(failed && { failed }) });
    this.#stop = api.commits.listen(event => this.#follow(event));
    for (const { key } of api.commits.store.list(crdResource).items) this.#queue.add(key.name);
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#queue.close();
  }

  #follow({ type, key, value }: Parameters<CommitListener>[0]): void {
    if (key.resource === crdResource) {
      if (type === 'put' && value.metadata.deletionTimestamp !== undefined) this.#queue.add(key.name);
      // Names were freed: another definition may have waited for them.
      if (type === 'delete') for (const crd of this.#refused()) this.#queue.add(crd.metadata.name);
    } else if (type === 'delete' && this.#find(key.resource)?.metadata.deletionTimestamp !== undefined) {
      this.#queue.add(key.resource);
    }
  }

  #find(name: string): Crd | undefined {
    return this.#api.commits.store.get(keyOf(name))?.value as Crd | undefined;
  }

  #all(): Crd[] {
    return this.#api.commits.store.list(crdResource).items.map(({ value }) => value as Crd);
  }

  #refused(): Crd[] {
    return this.#all().filter(crd => !isEstablished(crd));
  }

  async #sync(name: string): Promise<void> {
    const crd = this.#find(name);
    if (crd === undefined) return;
    if (crd.metadata.deletionTimestamp !== undefined) await this.#empty(name);
    else if (!isEstablished(crd)) await this.#reconsider(name);
  }

  async #reconsider(name: string): Promise<void> {
    await edit(this.#api, keyOf(name), object => {
      const crd = object as Crd;
      const status = statusOf(crd, this.#all(), timestamp(this.#api.now()));
      if (!isEstablished({ ...crd, status })) return false;
      crd.status = status;
      return true;
    });
  }

  async #empty(name: string): Promise<void> {
    const served = this.#api.registry.findStorage(name);
    if (served !== undefined && served.custom) {
      // Also a barrier: what was admitted before the deletion was seen is stored once this is.
      await edit(this.#api, keyOf(name), object => markInProgress(object as Crd));
      const target = { served, namespace: '', name: '' };
      await removeCollection(this.#api, target, {}, {});
    }
    if (this.#api.commits.store.list(name).items.length > 0) return;
    await edit(this.#api, keyOf(name), object => withoutFinalizer(object, cleanupFinalizer));
  }
}

function markInProgress(crd: Crd): boolean {
  const conditions = crd.status?.conditions ?? [];
  const terminating = conditions.find(({ type }) => type === 'Terminating');
  if (terminating?.reason === 'InstanceDeletionInProgress') return false;
  const next: Condition = {
    type: 'Terminating',
    status: 'True',
    reason: 'InstanceDeletionInProgress',
    message: 'CustomResource deletion is in progress',
    lastTransitionTime: terminating?.lastTransitionTime ?? crd.metadata.deletionTimestamp ?? '',
  };
  crd.status = { ...crd.status, conditions: [...conditions.filter(({ type }) => type !== 'Terminating'), next] };
  return true;
}

function keyOf(name: string): StoreKey {
  return { resource: crdResource, namespace: '', name };
}
