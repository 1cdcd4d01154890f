/** Results of SQL as text, as psql prints them. */
import type { QueryArrayResult } from 'pg';
import type { SqlArguments } from './sql-arguments.ts';

type Shape = Pick<SqlArguments, 'format' | 'rowsOnly'>;

/** A table for statements with rows, the command's tag for others. */
export function resultText(result: QueryArrayResult<(string | null)[]>, shape: Shape): string {
  if (result.fields.length === 0) return tagOf(result);
  const head = result.fields.map(field => field.name);
  const rows = result.rows.map(row => row.map(cell => cell ?? ''));
  if (shape.format === 'csv') return [...(shape.rowsOnly ? [] : [head]), ...rows].map(csvLine).join('\n');
  if (shape.format === 'unaligned')
    return [...(shape.rowsOnly ? [] : [head]), ...rows].map(row => row.join('|')).join('\n');
  return aligned(head, rows, shape.rowsOnly);
}

function tagOf({ command, rowCount }: QueryArrayResult<(string | null)[]>): string {
  if (command === 'INSERT') return `INSERT 0 ${rowCount ?? 0}`;
  return ['UPDATE', 'DELETE', 'MERGE', 'COPY', 'SELECT', 'FETCH', 'MOVE'].includes(command)
    ? `${command} ${rowCount ?? 0}`
    : command;
}

function aligned(head: string[], rows: string[][], rowsOnly: boolean): string {
  const widths = head.map((name, n) => Math.max(name.length, ...rows.map(row => row[n]!.length)));
  const line = (row: string[]): string => ` ${row.map((cell, n) => cell.padEnd(widths[n]!)).join(' | ')}`.trimEnd();
  const body = rows.map(line);
  if (rowsOnly) return body.join('\n');
  const rule = widths.map(width => '-'.repeat(width + 2)).join('+');
  return [line(head), rule, ...body, `(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`, ''].join('\n');
}

function csvLine(row: string[]): string {
  return row.map(cell => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',');
}
