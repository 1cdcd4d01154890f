/**
 * The JSON texts of objects, so that many watchers and lists of one state encode it once. Holds at most so many characters, the newest,
 * and of objects that nobody else has any more none; objects are the keys by identity, which is right because what the store hands out
 * never changes.
 */
import type { KubeObject } from '@larder/kube';

/** Characters. */
const mostWhole = 2 * 1024 * 1024;
const mostUntyped = 4 * 1024 * 1024;

export class JsonCache {
  readonly #texts = new WeakMap<KubeObject, string>();
  /** The oldest first. */
  #order: { object: WeakRef<KubeObject>; length: number }[] = [];
  #length = 0;
  readonly #most: number;
  readonly #encode: (object: KubeObject) => string;

  /** @param encode pure @default the whole object */
  constructor(most: number, encode: (object: KubeObject) => string = JSON.stringify) {
    this.#most = most;
    this.#encode = encode;
  }

  textOf(object: KubeObject): string {
    const known = this.#texts.get(object);
    if (known !== undefined) return known;
    const text = this.#encode(object);
    this.#texts.set(object, text);
    this.#order.push({ object: new WeakRef(object), length: text.length });
    this.#length += text.length;
    this.#dropOldest();
    return text;
  }

  #dropOldest(): void {
    let drop = 0;
    while (this.#length > this.#most) {
      const { object, length } = this.#order[drop++]!;
      const oldest = object.deref();
      if (oldest !== undefined) this.#texts.delete(oldest);
      this.#length -= length;
    }
    if (drop > 0) this.#order = this.#order.slice(drop);
  }
}

/** An object without its type: the list that holds it says it for all. */
export function untyped({ apiVersion: _, kind: __, ...rest }: KubeObject): object {
  return rest;
}

/** The texts that a server keeps. */
export interface JsonCaches {
  whole: JsonCache;
  untyped: JsonCache;
}

export function newJsonCaches(): JsonCaches {
  return {
    whole: new JsonCache(mostWhole),
    untyped: new JsonCache(mostUntyped, object => JSON.stringify(untyped(object))),
  };
}
