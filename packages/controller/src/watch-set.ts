/** The watches of one controller: turns what happens to objects into keys. Remembers keys and versions, never objects. */
import { keyOf, type Client, type KubeObject } from '@larder/kube';
import type { Logger } from './logger.ts';
import { reflect, type Selection } from './reflector.ts';

export interface Watch extends Selection {
  /** The keys to reconcile when this object changes. @default the object's own key */
  map?(object: KubeObject): Iterable<string>;
  /** Tells watches apart that differ in `map` only. */
  id?: string;
}

export interface WatchSetOptions {
  client: Client;
  signal: AbortSignal;
  log: Logger;
  enqueue(key: string): void;
}

/** What is remembered of an object. The keys are kept since a change may also concern those it no longer maps to. */
interface Seen {
  version: string | undefined;
  uid: string | undefined;
  keys: string[];
}

export class WatchSet {
  readonly #options: WatchSetOptions;
  readonly #started = new Map<string, { synced: Promise<void>; stopped: Promise<void> }>();
  readonly #uids = new Map<string, string>();

  constructor(options: WatchSetOptions) {
    this.#options = options;
  }

  /** Resolves when everything that is there has been enqueued, or the signal aborted. */
  add(watch: Watch): Promise<void> {
    const { kind, namespace, labelSelector, fieldSelector, id } = watch;
    const identity = JSON.stringify([kind.apiVersion, kind.kind, namespace, labelSelector, fieldSelector, id]);
    const started = this.#started.get(identity) ?? this.#start(watch);
    this.#started.set(identity, started);
    return started.synced;
  }

  /** The uid of the reconciled object, as far as it was seen. */
  uidOf(key: string): string | undefined {
    return this.#uids.get(key);
  }

  async stopped(): Promise<void> {
    await Promise.all([...this.#started.values()].map(each => each.stopped));
  }

  #start(watch: Watch): { synced: Promise<void>; stopped: Promise<void> } {
    const { client, signal, log } = this.#options;
    const seen = new Map<string, Seen>();
    let synced: () => void = () => {};
    const whenSynced = new Promise<void>(resolve => (synced = resolve));
    let trouble = '';
    const stopped = reflect({
      ...watch,
      client,
      signal,
      onList: objects => {
        this.#replace(watch, seen, objects);
        synced();
        trouble = '';
      },
      onChange: (type, object) => {
        if (type === 'DELETED') this.#forget(watch, seen, object);
        else this.#see(watch, seen, object);
      },
      onTrouble: error => {
        const message = error instanceof Error ? error.message : String(error);
        if (message !== trouble) log.error('cannot watch', { kind: watch.kind.kind, error: message });
        trouble = message;
      },
    });
    return { synced: whenSynced, stopped: stopped.then(synced) };
  }

  #replace(watch: Watch, seen: Map<string, Seen>, objects: KubeObject[]): void {
    const present = new Set(objects.map(keyOf));
    for (const [key, old] of seen) {
      if (present.has(key)) continue;
      seen.delete(key);
      if (watch.map === undefined) this.#uids.delete(key);
      for (const each of old.keys) this.#options.enqueue(each);
    }
    for (const object of objects) this.#see(watch, seen, object);
  }

  #see(watch: Watch, seen: Map<string, Seen>, object: KubeObject): void {
    const key = keyOf(object);
    const { resourceVersion: version, uid } = object.metadata;
    const old = seen.get(key);
    if (old !== undefined && old.version === version && version !== undefined) return;
    const keys = [...(watch.map?.(object) ?? [key])];
    seen.set(key, { version, uid, keys });
    if (watch.map === undefined && uid !== undefined) this.#uids.set(key, uid);
    for (const each of new Set([...(old?.keys ?? []), ...keys])) this.#options.enqueue(each);
  }

  #forget(watch: Watch, seen: Map<string, Seen>, object: KubeObject): void {
    const key = keyOf(object);
    const keys = [...(seen.get(key)?.keys ?? []), ...(watch.map?.(object) ?? [key])];
    seen.delete(key);
    if (watch.map === undefined) this.#uids.delete(key);
    for (const each of new Set(keys)) this.#options.enqueue(each);
  }
}
