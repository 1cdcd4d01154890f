/**
 * The JSON texts of objects, so that many watchers and lists of one state encode it once. Holds at most a few megabytes, the newest;
 * objects are the keys by identity, which is right because what the store hands out never changes.
 */
import type { KubeObject } from '@larder/kube';

const maxLength = 8 * 1024 * 1024;

export class JsonCache {
  #texts = new Map<KubeObject, string>();
  #length = 0;
  readonly #encode: (object: KubeObject) => string;

  /** @param encode pure @default the whole object */
  constructor(encode: (object: KubeObject) => string = JSON.stringify) {
    this.#encode = encode;
  }

  textOf(object: KubeObject): string {
    const known = this.#texts.get(object);
    if (known !== undefined) return known;
    const text = this.#encode(object);
    this.#texts.set(object, text);
    this.#length += text.length;
    this.#dropOldest();
    return text;
  }

  #dropOldest(): void {
    for (const [object, text] of this.#texts) {
      if (this.#length <= maxLength) return;
      this.#texts.delete(object);
      this.#length -= text.length;
    }
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
  return { whole: new JsonCache(), untyped: new JsonCache(object => JSON.stringify(untyped(object))) };
}
