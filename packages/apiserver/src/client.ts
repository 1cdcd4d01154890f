/** The `Client` of this process: the verbs without HTTP, as `system:masters`. What it answers is the caller's own, or the store's where the caller shares. */
import {
  cloneJson,
  resourceNotFound,
  type Client,
  type DeleteOptions,
  type KindRef,
  type KubeList,
  type KubeObject,
  type ListOptions,
  type ObjectRef,
  type Patch,
  type PatchOptions,
  type ReadOptions,
  type WatchEvent,
  type WatchOptions,
  type WriteOptions,
} from '@larder/kube';
import { asStatusError } from './errors.ts';
import type { Api, Target, WriteContext } from './rest/api.ts';
import { create } from './rest/create.ts';
import { remove } from './rest/delete.ts';
import { patch } from './rest/patch.ts';
import { find, get, list } from './rest/read.ts';
import { update } from './rest/update.ts';
import { watch } from './rest/watch.ts';

const administrator = { username: 'larder', groups: ['system:masters', 'system:authenticated'] };

export class InProcessClient implements Client {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  async get<T extends KubeObject>(ref: ObjectRef): Promise<T> {
    return copy(get(this.#api, this.#target(ref)));
  }

  async find<T extends KubeObject>(ref: ObjectRef, { shared = false }: ReadOptions = {}): Promise<T | undefined> {
    const found = find(this.#api, this.#target(ref));
    return found && (shared ? (found as T) : copy(found));
  }

  async list<T extends KubeObject>(
    kind: KindRef,
    { shared = false, ...options }: ListOptions = {},
  ): Promise<KubeList<T>> {
    const target = this.#target({ ...kind, name: '', namespace: options.namespace ?? '' });
    const { items, revision, continue: next, remainingItemCount } = list(this.#api, target, options);
    return {
      apiVersion: kind.apiVersion,
      kind: target.served.listKind,
      metadata: {
        resourceVersion: String(revision),
        ...(next === undefined ? {} : { continue: next }),
        ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
      },
      items: shared ? (items as T[]) : items.map(item => copy<T>(item)),
    };
  }

  async create<T extends KubeObject>(object: T, options?: WriteOptions): Promise<T> {
    return answer(create(this.#api, this.#targetOf(object), asJson(object), inProcessContext(options)));
  }

  async update<T extends KubeObject>(object: T, options?: WriteOptions): Promise<T> {
    return answer(update(this.#api, this.#targetOf(object), asJson(object), inProcessContext(options)));
  }

  async updateStatus<T extends KubeObject>(object: T, options?: WriteOptions): Promise<T> {
    const target: Target = { ...this.#targetOf(object), subresource: 'status' };
    return answer(update(this.#api, withStatus(target), asJson(object), inProcessContext(options)));
  }

  async patch<T extends KubeObject>(ref: ObjectRef, change: Patch, options: PatchOptions = {}): Promise<T> {
    const target = this.#target(ref);
    const { subresource } = options;
    if (subresource === 'scale') throw resourceNotFound();
    const at: Target = subresource === undefined ? target : withStatus({ ...target, subresource });
    return answer(patch(this.#api, at, asJson(change), inProcessContext(options)).then(({ object }) => object));
  }

  async delete(ref: ObjectRef, options: DeleteOptions = {}): Promise<KubeObject | undefined> {
    try {
      const { object, gone } = await remove(this.#api, this.#target(ref), options);
      return gone ? undefined : copy(object);
    } catch (error) {
      throw asStatusError(error);
    }
  }

  async *watch<T extends KubeObject>(kind: KindRef, options: WatchOptions = {}): AsyncIterable<WatchEvent<T>> {
    const target = this.#target({ ...kind, name: '', namespace: options.namespace ?? '' });
    const { allowWatchBookmarks: bookmarks, shared = false, ...request } = options;
    for await (const change of watch(this.#api, target, { ...request, ...(bookmarks ? { bookmarks } : {}) })) {
      if (change.type !== 'BOOKMARK')
        yield { type: change.type, object: shared ? (change.object as T) : copy<T>(change.object) };
      else yield { type: 'BOOKMARK', object: bookmarkOf(target, change.revision) as T };
    }
  }

  #targetOf(object: KubeObject): Target {
    const { name, namespace = '' } = object.metadata;
    return this.#target({ apiVersion: object.apiVersion, kind: object.kind, name, namespace });
  }

  #target({ apiVersion, kind, name, namespace = '' }: ObjectRef): Target {
    const served = this.#api.registry.findKind(apiVersion, kind);
    if (served === undefined) throw resourceNotFound();
    return { served, namespace, name };
  }
}

/** The object that tells a watcher how far it has seen. */
export function bookmarkOf({ served }: Target, revision: number): KubeObject {
  const metadata = { resourceVersion: String(revision), creationTimestamp: null };
  return { apiVersion: served.apiVersion, kind: served.kind, metadata: metadata as unknown as KubeObject['metadata'] };
}

function withStatus(target: Target): Target {
  if (target.served.definition.status !== true) throw resourceNotFound();
  return target;
}

/** How the server itself writes. */
export function inProcessContext(options: WriteOptions = {}): WriteContext {
  return {
    user: administrator,
    manager: options.fieldManager ?? 'larder',
    dryRun: options.dryRun ?? false,
    validation: options.fieldValidation ?? 'Ignore',
    problems: [],
    unconditional: true,
    warn: () => undefined,
  };
}

async function answer<T extends KubeObject>(written: Promise<KubeObject>): Promise<T> {
  try {
    return copy(await written);
  } catch (error) {
    throw asStatusError(error);
  }
}

/** What the value is as JSON: callers may leave fields `undefined`. */
function asJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function copy<T extends KubeObject>(object: KubeObject): T {
  return cloneJson(object) as T;
}
