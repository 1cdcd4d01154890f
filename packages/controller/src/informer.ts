/** A cache of all objects of a kind, kept up to date by a watch: to read often without asking the API. */
import { keyOf, type KubeObject } from '@larder/kube';
import { reflect, type ReflectOptions } from './reflector.ts';

export interface Informer<T extends KubeObject = KubeObject> {
  /** The object with this key (`namespace/name` or `name`). Shared: don't change it. */
  get(key: string): T | undefined;
  list(namespace?: string): T[];
  /** Resolves after the first list, and when the signal aborts. */
  synced: Promise<void>;
  /** Resolves when the informer has stopped. */
  stopped: Promise<void>;
}

export interface InformerOptions<T extends KubeObject> extends Omit<ReflectOptions, 'onList' | 'onChange'> {
  /** After the cache took the change in; `undefined`: the object is gone. */
  onChange?(key: string, object: T | undefined, before: T | undefined): void;
}

/** Runs until the signal aborts. */
export function startInformer<T extends KubeObject = KubeObject>(options: InformerOptions<T>): Informer<T> {
  const objects = new Map<string, T>();
  const set = (key: string, object: T | undefined): void => {
    const before = objects.get(key);
    if (object === undefined) objects.delete(key);
    else objects.set(key, object);
    const unchanged = before?.metadata.resourceVersion === object?.metadata.resourceVersion;
    if (!unchanged || (before === undefined) !== (object === undefined)) options.onChange?.(key, object, before);
  };
  let synced: () => void = () => {};
  const whenSynced = new Promise<void>(resolve => (synced = resolve));
  const stopped = reflect({
    ...options,
    onList: list => {
      const fresh = new Map((list as T[]).map(object => [keyOf(object), object]));
      for (const key of [...objects.keys()]) if (!fresh.has(key)) set(key, undefined);
      for (const [key, object] of fresh) set(key, object);
      synced();
    },
    onChange: (type, object) => set(keyOf(object), type === 'DELETED' ? undefined : (object as T)),
  }).then(synced);
  return {
    get: key => objects.get(key),
    list: namespace =>
      [...objects.values()].filter(each => namespace === undefined || each.metadata.namespace === namespace),
    synced: whenSynced,
    stopped,
  };
}
