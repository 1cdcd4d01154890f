/** What built-in kinds show in a table where a path can't say it. Cells read any object: whatever a field holds, they never throw. */
import { humanDuration } from '../duration.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { PrinterColumn } from '../resource.ts';

export const none = '<none>';
export const unknown = '<unknown>';

/** The field as an object; empty when it is none. */
export function objectAt(object: JsonObject, field: string): JsonObject {
  const value = object[field];
  return isJsonObject(value) ? value : {};
}

/** The field's items that are objects. */
export function objectsAt(object: JsonObject, field: string): JsonObject[] {
  const value = object[field];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

export function textAt(object: JsonObject, field: string, absent = ''): string {
  const value = object[field];
  return typeof value === 'string' && value !== '' ? value : absent;
}

export function numberAt(object: JsonObject, field: string, absent = 0): number {
  const value = object[field];
  return typeof value === 'number' ? value : absent;
}

/** How long ago `time` was; `absent` when it isn't a time. */
export function since(time: unknown, now: Date, absent = unknown): string {
  const ms = typeof time === 'string' ? Date.parse(time) : NaN;
  return Number.isNaN(ms) ? absent : humanDuration(now.getTime() - ms);
}

/** A column whose cell is computed. */
export function column(
  name: string,
  cell: NonNullable<PrinterColumn['cell']>,
  more: Partial<PrinterColumn> = {},
): PrinterColumn {
  return { name, type: 'string', jsonPath: '', cell, ...more };
}

/** A column that only `-o wide` shows. */
export function wide(name: string, cell: NonNullable<PrinterColumn['cell']>): PrinterColumn {
  return column(name, cell, { priority: 1 });
}

export const ageColumn: PrinterColumn = column('Age', (object, now) => since(object.metadata.creationTimestamp, now), {
  description: 'When the object was created.',
});

export const specOf = (object: KubeObject): JsonObject => objectAt(object, 'spec');
export const statusOf = (object: KubeObject): JsonObject => objectAt(object, 'status');

/** How many entries a field that is a map, or a list, has. */
export function countAt(object: JsonObject, field: string): number {
  const value = object[field];
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}

/** The names and the images of a pod template's containers, and a label selector, as `-o wide` shows them. */
export function templateColumns(
  template: (object: KubeObject) => JsonObject,
  selector: (object: KubeObject) => JsonObject,
): PrinterColumn[] {
  const containers = (object: KubeObject) => objectsAt(objectAt(template(object), 'spec'), 'containers');
  const join = (object: KubeObject, field: string) =>
    containers(object)
      .map(container => textAt(container, field))
      .join(',');
  return [
    wide('Containers', object => join(object, 'name')),
    wide('Images', object => join(object, 'image')),
    wide('Selector', object => selectorText(selector(object))),
  ];
}

function selectorText(selector: JsonObject): string {
  const labels = Object.entries(objectAt(selector, 'matchLabels')).map(([key, value]) => `${key}=${String(value)}`);
  return labels.length === 0 ? none : labels.sort().join(',');
}
