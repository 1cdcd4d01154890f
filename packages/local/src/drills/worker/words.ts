/** Durations and amounts as a report says them. Pure. */

/** `41s`, `2m10s`, `3h5m`: rounded up, since less would be a promise. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return parts([`${minutes}m`, seconds % 60, 's']);
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? parts([`${hours}h`, minutes % 60, 'm']) : parts([`${Math.floor(hours / 24)}d`, hours % 24, 'h']);
}

function parts([whole, rest, unit]: [string, number, string]): string {
  return rest === 0 ? whole : `${whole}${rest}${unit}`;
}

export function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0);
}

/** `1 page`, `1,204 pages`. */
export function counted(count: number, what: string, plural = `${what}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? what : plural}`;
}
