/** Tables (`meta.k8s.io/v1 Table`): what the server answers when kubectl asks for something to print. */
import { isJsonObject } from '../json.ts';
import { evaluateJsonPath, formatJsonValue } from '../jsonpath/evaluate.ts';
import { parseJsonPath } from '../jsonpath/parse.ts';
import type { JsonPath } from '../jsonpath/syntax.ts';
import type { KubeList, KubeObject } from '../objects.ts';
import type { PrinterColumn, ResourceDefinition } from '../resource.ts';
import { ageOf } from './age.ts';

export interface TableColumnDefinition {
  name: string;
  type: string;
  format: string;
  description: string;
  priority: number;
}

export type Cell = string | number | boolean | null;

export interface TableRow {
  cells: Cell[];
  object: unknown;
}

export interface Table {
  kind: 'Table';
  apiVersion: 'meta.k8s.io/v1';
  metadata: Partial<KubeList['metadata']>;
  /** Null where a watch already sent them. */
  columnDefinitions: TableColumnDefinition[] | null;
  rows: TableRow[];
}

export interface TableOptions {
  /** What each row carries beside its cells. @default 'Metadata' */
  includeObject?: 'None' | 'Metadata' | 'Object';
  /** The list's metadata; for one object its resource version. @default {} */
  metadata?: Table['metadata'];
  /** False for the second and later events of a watch. @default true */
  headers?: boolean;
}

/** The objects as rows, with the kind's own columns, or name and age where it has none. */
export function tableOf(
  definition: ResourceDefinition,
  objects: readonly KubeObject[],
  now: Date,
  options: TableOptions = {},
): Table {
  const columns = (definition.columns ?? [ageColumn]).map(compileColumn);
  const { includeObject = 'Metadata', metadata = {}, headers = true } = options;
  // Events bring a Name of their own, which is not the first.
  const isNamed = columns.some(({ column }) => column.name === 'Name' && column.cell !== undefined);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: headers
      ? [...(isNamed ? [] : [nameColumn]), ...columns.map(({ column }) => describeColumn(column))]
      : null,
    rows: objects.map(object => ({
      cells: [
        ...(isNamed ? [] : [object.metadata.name ?? '']),
        ...columns.map(({ column, path }) => cellOf(column, path, object, now)),
      ],
      object: rowObject(object, includeObject),
    })),
  };
}

const ageColumn: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

const nameColumn: TableColumnDefinition = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
  priority: 0,
};

const describeColumn = (column: PrinterColumn): TableColumnDefinition => ({
  name: column.name,
  type: column.type,
  format: column.format ?? '',
  description: column.description ?? `Custom resource definition column (in JSONPath format): ${column.jsonPath}`,
  priority: column.priority ?? 0,
});

const compileColumn = (column: PrinterColumn): { column: PrinterColumn; path: JsonPath } => ({
  column,
  path: column.cell === undefined ? parseJsonPath(`{${column.jsonPath}}`) : [],
});

function cellOf(column: PrinterColumn, path: JsonPath, object: KubeObject, now: Date): Cell {
  if (column.cell !== undefined) return column.cell(object, now);
  const value = findFirst(path, object);
  if (value === undefined) return null;
  if (column.type === 'string') return value === null ? '<no value>' : formatJsonValue(value);
  return typedCell(column.type, value, now);
}

/** A column must never fail a list: what the path doesn't fit is an empty cell. */
function findFirst(path: JsonPath, object: KubeObject): unknown {
  try {
    return evaluateJsonPath(path, object, { allowMissing: true })[0];
  } catch {
    return undefined;
  }
}

function typedCell(type: PrinterColumn['type'], value: unknown, now: Date): Cell {
  if (type === 'date') return typeof value === 'string' ? ageOf(value, now) : null;
  if (type === 'boolean') return typeof value === 'boolean' ? value : null;
  if (typeof value !== 'number') return null;
  return type === 'integer' ? Math.trunc(value) : value;
}

function rowObject(object: KubeObject, include: 'None' | 'Metadata' | 'Object'): unknown {
  if (include === 'None') return null;
  if (include === 'Object') return object;
  const metadata = isJsonObject(object.metadata) ? object.metadata : {};
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}
