/** A server's table as text. */
import { columns } from './columns.ts';
import type { Table } from './server-table.ts';

export interface TableTextOptions {
  /** Also the columns of lower importance. */
  wide?: boolean;
  /** Begin each row with the object's namespace. */
  namespaces?: boolean;
  /** The widths of what was printed before, and so without a head; empty: with a head, whose widths are kept here. */
  under?: number[];
}

export function tableText({ columnDefinitions, rows }: Table, options: TableTextOptions): string {
  const shown = columnDefinitions.map((_, n) => n).filter(n => options.wide || columnDefinitions[n]!.priority === 0);
  const head = shown.map(n => columnDefinitions[n]!.name.toUpperCase());
  const body = rows.map(row => shown.map(n => cellText(row.cells[n])));
  const spaces = rows.map(row => row.object?.metadata?.namespace ?? '');
  const withSpaces = options.namespaces && spaces.some(space => space !== '');
  const lines = withSpaces ? [['NAMESPACE', ...head], ...body.map((row, n) => [spaces[n]!, ...row])] : [head, ...body];
  const { under } = options;
  return under === undefined || under.length === 0 ? columns(lines, under) : columns(lines.slice(1), under);
}

/** Cells come from objects, so they may hold whatever could move a terminal's cursor. */
function cellText(cell: unknown): string {
  const text = cell === null || cell === undefined ? '' : typeof cell === 'string' ? cell : JSON.stringify(cell);
  // eslint-disable-next-line no-control-regex -- control characters are what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}
