/**
 * The JSON texts of objects, so that many watchers and lists of one state encode it once. Holds at most a few megabytes, the newest;
 * objects are the keys by identity, which is right because what the store hands out never changes.
 */
import type { KubeObject } from '@larder/kube';

const maxLength = 8 * 1024 * 1024;

export class JsonCache {
  #texts = new Map<KubeObject, string>();
  #length = 0;

  textOf(object: KubeObject): string {
    const known = this.#texts.get(object);
    if (known !== undefined) return known;
    const text = JSON.stringify(object);
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
