/** Text in columns, as kubectl prints it: three spaces apart, nothing after the last. `widths` grow, and serve the next rows too. */
export function columns(rows: string[][], widths: number[] = []): string {
  for (const row of rows) row.forEach((cell, n) => (widths[n] = Math.max(widths[n] ?? 0, cell.length)));
  const line = (row: string[]): string =>
    row
      .map((cell, n) => (n === row.length - 1 ? cell : cell.padEnd(widths[n]! + 3)))
      .join('')
      .trimEnd();
  return rows.map(line).join('\n');
}

/** `45s`, `5m`, `3h`, `2d`: how long ago, roughly. */
export function ageOf(time: string | undefined, now: Date = new Date()): string {
  if (time === undefined) return '<unknown>';
  const seconds = Math.max(0, Math.floor((now.getTime() - Date.parse(time)) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
