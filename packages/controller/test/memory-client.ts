/** A client on a map: for tests of what works on any client. Its watches can be cut and its history forgotten. */
import {
  alreadyExists,
  cloneJson,
  expired,
  groupOf,
  keyOf,
  mergePatch,
  modifiedConflict,
  notFound,
  type Client,
  type KindRef,
  type KubeList,
  type KubeObject,
  type ObjectRef,
  type Patch,
  type WatchEvent,
  type WatchOptions,
} from '@larder/kube';

interface Logged {
  revision: number;
  event: WatchEvent;
}

export class MemoryClient implements Client {
  readonly objects = new Map<string, KubeObject>();
  /** Each call as `list Kind`, in order. */
  readonly calls: string[] = [];
  /** Called before each call; may throw in its place. */
  before: (call: string) => void = () => {};
  #revision = 0;
  #log: Logged[] = [];
  #forgotten = 0;
  #listeners = new Set<() => void>();
  #cut = new AbortController();

  /** Every running watch fails as if its connection broke. */
  cutWatches(): void {
    this.#cut.abort();
    this.#cut = new AbortController();
  }

  /** Watches from before now are too old. */
  forgetHistory(): void {
    this.#forgotten = this.#revision;
    this.#log = [];
  }

  /** Resolves when so many watches wait for something to happen. */
  async watching(count: number): Promise<void> {
    while (this.#listeners.size < count) await new Promise(resolve => setImmediate(resolve));
  }

  async get<T extends KubeObject>(ref: ObjectRef): Promise<T> {
    const found = await this.find<T>(ref);
    if (found === undefined) throw notFound(resourceOf(ref), ref.name);
    return found;
  }

  async find<T extends KubeObject>(ref: ObjectRef): Promise<T | undefined> {
    this.#say(`get ${ref.kind}`);
    return cloneJson(this.objects.get(idOf(ref))) as T | undefined;
  }

  async list<T extends KubeObject>(kind: KindRef): Promise<KubeList<T>> {
    this.#say(`list ${kind.kind}`);
    const items = [...this.objects.values()].filter(each => each.kind === kind.kind).map(each => cloneJson(each) as T);
    return { ...kind, metadata: { resourceVersion: String(this.#revision) }, items };
  }

  async create<T extends KubeObject>(object: T): Promise<T> {
    this.#say(`create ${object.kind}`);
    if (this.objects.has(idOf(refOfObject(object)))) throw alreadyExists(resourceOf(object), object.metadata.name);
    const metadata = { ...object.metadata, uid: `uid-${this.#revision + 1}` };
    return this.#put('ADDED', { ...object, metadata });
  }

  async update<T extends KubeObject>(object: T): Promise<T> {
    this.#say(`update ${object.kind}`);
    const live = this.objects.get(idOf(refOfObject(object)));
    const { resourceVersion, name } = object.metadata;
    if (live === undefined) throw notFound(resourceOf(object), name);
    if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion) {
      throw modifiedConflict(resourceOf(object), name);
    }
    return this.#put('MODIFIED', object);
  }

  updateStatus<T extends KubeObject>(object: T): Promise<T> {
    return this.update(object);
  }

  async patch<T extends KubeObject>(ref: ObjectRef, patch: Patch): Promise<T> {
    const live = await this.get<T>(ref);
    if (patch.type !== 'merge') throw new Error(`a test needs ${patch.type} patches`);
    return this.update(mergePatch(live, patch.body) as T);
  }

  async delete(ref: ObjectRef): Promise<undefined> {
    this.#say(`delete ${ref.kind}`);
    const live = this.objects.get(idOf(ref));
    if (live === undefined) throw notFound(resourceOf(ref), ref.name);
    this.#put('DELETED', live);
    return undefined;
  }

  async *watch<T extends KubeObject>(kind: KindRef, options: WatchOptions = {}): AsyncIterable<WatchEvent<T>> {
    this.#say(`watch ${kind.kind}`);
    let since = Number(options.resourceVersion ?? 0);
    if (since < this.#forgotten) throw expired('too old resource version');
    const cut = this.#cut.signal;
    while (!options.signal?.aborted) {
      if (cut.aborted) throw new Error('connection reset');
      const next = this.#log.find(each => each.revision > since);
      if (next === undefined) {
        await this.#somethingHappens(cut, options.signal);
        continue;
      }
      since = next.revision;
      if (next.event.object.kind === kind.kind) yield cloneJson(next.event) as WatchEvent<T>;
    }
  }

  #somethingHappens(...signals: (AbortSignal | undefined)[]): Promise<void> {
    return new Promise(resolve => {
      const wake = (): void => {
        this.#listeners.delete(wake);
        for (const signal of signals) signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#listeners.add(wake);
      for (const signal of signals) signal?.addEventListener('abort', wake, { once: true });
    });
  }

  #put<T extends KubeObject>(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): T {
    const revision = ++this.#revision;
    const stored = cloneJson({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } });
    const id = idOf(refOfObject(object));
    if (type === 'DELETED') this.objects.delete(id);
    else this.objects.set(id, stored);
    this.#log.push({ revision, event: { type, object: stored } });
    for (const wake of [...this.#listeners]) wake();
    return cloneJson(stored);
  }

  #say(call: string): void {
    this.calls.push(call);
    this.before(call);
  }
}

/** An object of a kind that exists in tests only. */
export function thing(name: string, more: Partial<KubeObject> = {}): KubeObject {
  const { metadata, ...rest } = more;
  return { apiVersion: 'test.dev/v1', kind: 'Thing', ...rest, metadata: { name, ...metadata } };
}

export const thingKind: KindRef = { apiVersion: 'test.dev/v1', kind: 'Thing' };

function idOf(ref: ObjectRef): string {
  return `${ref.kind} ${keyOf({ metadata: ref })}`;
}

function refOfObject({ apiVersion, kind, metadata }: KubeObject): ObjectRef {
  return { apiVersion, kind, name: metadata.name, namespace: metadata.namespace };
}

function resourceOf({ apiVersion, kind }: KindRef): { group: string; resource: string } {
  return { group: groupOf(apiVersion), resource: `${kind.toLowerCase()}s` };
}
