/** The small charts of `larder describe`: how an instance was in the last day. */
import type { KubeObject } from '@larder/kube';
import type { Home } from '@larder/local';
import type { SeriesName, TimedPoint } from '@larder/monitor';
import { bytesText, chart, durationText, numberText, shareText } from './chart.ts';
import { readInstanceHistory } from './instances.ts';

const DAY = 86_400;
const WIDTH = 48;

const shown: [title: string, name: SeriesName, text: (value: number | undefined) => string][] = [
  ['Transactions/s', 'transactions', numberText],
  ['Sessions', 'connections', numberText],
  ['Cache hits', 'cacheHits', shareText],
  ['Processors', 'cpu', value => (value === undefined ? '-' : value.toFixed(2))],
  ['Memory', 'memory', bytesText],
  ['Storage', 'storageUsed', bytesText],
  ['WAL/s', 'walBytes', bytesText],
  ['Oldest transaction', 'oldestTransaction', durationText],
];

/** Rows with a title, the chart of a day, the last value and the highest; none for what isn't a measured instance. */
export async function claimCharts(home: Home, object: KubeObject, now: number): Promise<string[][]> {
  const composite =
    object.kind === 'PostgreSQLInstance'
      ? (object.spec as { resourceRef?: { name?: string } } | undefined)?.resourceRef?.name
      : undefined;
  if (composite === undefined) return [];
  const hour = await readInstanceHistory(home, composite, { from: now - 3_600, to: now });
  const day = await readInstanceHistory(home, composite, { from: now - DAY, to: now });
  const points = joined(day, hour);
  return shown.flatMap(([title, name, text]) => {
    const values = points.flatMap(({ values }) => values[name] ?? []);
    if (values.length === 0) return [];
    const line = chart(points, name, {
      from: now - DAY,
      to: now,
      width: WIDTH,
      full: name === 'cacheHits' ? 1 : undefined,
    });
    return [[title, line, `now ${text(values.at(-1))}`, `highest ${text(Math.max(...values))}`]];
  });
}

/** What is told in five minutes, and after it what is told exactly. */
function joined(day: readonly TimedPoint[], hour: readonly TimedPoint[]): TimedPoint[] {
  const from = hour[0]?.at ?? Infinity;
  return [...day.filter(({ at }) => at < from), ...hour];
}
