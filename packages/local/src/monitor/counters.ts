/** Counts by labels. As few as there can be: whoever adds one sees to it that its labels are bounded. */
import { add, type Measured } from '@larder/monitor';

const SEPARATOR = '\0';

export class Counters {
  readonly #counts = new Map<string, number>();

  add(labels: readonly string[], by = 1): void {
    const key = labels.join(SEPARATOR);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + by);
  }

  /** 0 for what never happened. */
  get(labels: readonly string[]): number {
    return this.#counts.get(labels.join(SEPARATOR)) ?? 0;
  }

  measure(measured: Measured, name: string): void {
    for (const [key, count] of this.#counts) add(measured, name, count, key.split(SEPARATOR));
  }
}

/** Prometheus' histograms: how many were at most as long as each bound. */
export class Distributions {
  readonly #bounds: readonly number[];
  readonly #kinds = new Map<string, { counts: number[]; sum: number; count: number }>();

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
  }

  add(labels: readonly string[], value: number): void {
    const key = labels.join(SEPARATOR);
    let kind = this.#kinds.get(key);
    if (!kind) this.#kinds.set(key, (kind = { counts: this.#bounds.map(() => 0), sum: 0, count: 0 }));
    kind.sum += value;
    kind.count++;
    const at = this.#bounds.findIndex(bound => value <= bound);
    if (at >= 0) kind.counts[at] = (kind.counts[at] ?? 0) + 1;
  }

  measure(measured: Measured, name: string): void {
    for (const [key, { counts, sum, count }] of this.#kinds) {
      const labels = key.split(SEPARATOR);
      let below = 0;
      for (const [at, bound] of this.#bounds.entries()) {
        below += counts[at] ?? 0;
        add(measured, `${name}_bucket`, below, [...labels, String(bound)]);
      }
      add(measured, `${name}_bucket`, count, [...labels, '+Inf']);
      add(measured, `${name}_sum`, sum, labels);
      add(measured, `${name}_count`, count, labels);
    }
  }
}
