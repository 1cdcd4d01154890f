/** What was measured: values by the name of their metric and by their labels. */

/** Label values in the order in which the table of metrics names the labels; absent: none. */
export interface Sample {
  labels?: readonly string[];
  value: number;
}

export type Measured = Map<string, Sample[]>;

/** Adds one value. What isn't known, or no number, is left out: nothing is better than a guess. */
export function add(measured: Measured, name: string, value: unknown, labels?: readonly string[]): void {
  if (value === null || value === undefined) return;
  const number = typeof value === 'number' ? value : Number(value);
  if (Number.isNaN(number)) return;
  const samples = measured.get(name);
  const sample = labels === undefined ? { value: number } : { labels, value: number };
  if (samples) samples.push(sample);
  else measured.set(name, [sample]);
}

/** The first value of a metric, or the sum of all with `sumOf`. */
export function valueOf(measured: Measured | undefined, name: string): number | undefined {
  return measured?.get(name)?.[0]?.value;
}

/** `undefined` when nothing of that name was measured. */
export function sumOf(measured: Measured | undefined, name: string): number | undefined {
  const samples = measured?.get(name);
  return samples?.reduce((sum, { value }) => sum + value, 0);
}
