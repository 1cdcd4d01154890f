/** A line of a terminal that shows how a number went: one column for a stretch of time, higher for more, blank for not measured. */
import type { SeriesName, TimedPoint } from '@larder/monitor';

const HEIGHTS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

export interface ChartOptions {
  /** Seconds since 1970. */
  from: number;
  to: number;
  /** Columns. */
  width: number;
  /** What the highest column stands for. @default the highest value */
  full?: number;
}

/** Of each stretch the highest value is shown, so that no peak is lost. */
export function chart(
  points: readonly TimedPoint[],
  name: SeriesName,
  { from, to, width, full }: ChartOptions,
): string {
  const highest: (number | undefined)[] = Array.from({ length: width }, () => undefined);
  for (const { at, values } of points) {
    const value = values[name];
    const column = Math.floor(((at - from) / (to - from)) * width);
    if (value === undefined || column < 0 || column >= width) continue;
    highest[column] = Math.max(highest[column] ?? 0, value);
  }
  const top = full ?? Math.max(0, ...highest.map(value => value ?? 0));
  const bar = (value: number | undefined): string => {
    if (value === undefined) return ' ';
    const step = top === 0 ? 0 : Math.round((value / top) * (HEIGHTS.length - 1));
    return HEIGHTS[Math.min(HEIGHTS.length - 1, Math.max(0, step))] ?? ' ';
  };
  return highest.map(bar).join('');
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `48 MiB` */
export function bytesText(bytes: number | undefined): string {
  if (bytes === undefined) return '-';
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < UNITS.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${value >= 100 || unit === 0 ? value.toFixed(0) : value.toFixed(1)} ${UNITS[unit] ?? ''}`;
}

/** `12`, `1.4k`; `0.4`, since less than ten has a digit more where it is no whole number. */
export function numberText(value: number | undefined): string {
  if (value === undefined) return '-';
  if (value >= 10_000) return `${(value / 1000).toFixed(value >= 100_000 ? 0 : 1)}k`;
  return value < 10 && !Number.isInteger(value) ? value.toFixed(1) : value.toFixed(0);
}

/** `4s`, `12m`, `3h` */
export function durationText(seconds: number | undefined): string {
  if (seconds === undefined) return '-';
  if (seconds < 120) return `${seconds < 10 && seconds > 0 ? seconds.toFixed(1) : seconds.toFixed(0)}s`;
  return seconds < 7_200 ? `${Math.floor(seconds / 60)}m` : `${Math.floor(seconds / 3_600)}h`;
}

export function shareText(share: number | undefined): string {
  return share === undefined ? '-' : `${(share * 100).toFixed(share > 0.999 && share < 1 ? 2 : 1)} %`;
}
