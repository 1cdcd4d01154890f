/** Remembers the last events of each composite: a composition says the same at every turn. */
import type { CompositionEvent } from '@larder/catalog';

export class ToldEvents {
  readonly #last = new Map<string, ReadonlySet<string>>();

  /** Those of `events` that weren't among the last ones of this composite. */
  fresh(composite: string, events: readonly CompositionEvent[]): CompositionEvent[] {
    const before = this.#last.get(composite);
    this.#last.set(composite, new Set(events.map(event => JSON.stringify(event))));
    return events.filter(event => !before?.has(JSON.stringify(event)));
  }

  forget(composite: string): void {
    this.#last.delete(composite);
  }
}
