/** What a metric is: its name, what it counts, and where it comes from. Tables of them are beside this file. */

export type MetricType = 'gauge' | 'counter' | 'histogram';

/** Who measures it: asked of the server; of its processes; known of the claim; of the plane itself; of what measures. */
export type MetricSource = 'server' | 'processes' | 'claim' | 'plane' | 'monitor';

export interface Metric {
  name: string;
  type: MetricType;
  help: string;
  /** Beside `namespace`, `claim` and `instance`, which every metric of an instance has. */
  labels: readonly string[];
  source: MetricSource;
  /** Of what it is measured in. Some of the public names don't say it, or say another. */
  unit?: MetricUnit;
  /** The majors that have it; absent: all. */
  majors?: { from?: number; to?: number };
}

export type MetricUnit = 'bytes' | 'seconds' | 'milliseconds' | 'transactions' | 'ratio' | 'boolean' | 'unix time';

type Rest = Partial<Pick<Metric, 'labels' | 'unit' | 'majors'>>;
type Entry = (name: string, help: string, rest?: Rest) => Metric;

/** Makes the entries of one table, or of a part of it that shares a beginning of the names, or more. */
export function entriesFrom(
  source: MetricSource,
  { prefix = '', ...shared }: Rest & { prefix?: string } = {},
): Record<MetricType, Entry> {
  const of =
    (type: MetricType): Entry =>
    (name, help, rest = {}) => ({ name: `${prefix}${name}`, type, help, labels: [], source, ...shared, ...rest });
  return { gauge: of('gauge'), counter: of('counter'), histogram: of('histogram') };
}
