/** Integers that are too large for the 32 bits that their schema says. Pure; the types are right already. */
import { isJsonObject, type Schema } from '@larder/kube';

export interface Overflow {
  value: number;
  /** `.spec.backoffLimit` */
  path: string;
  type: 'int32';
}

/** The first one below `value`. */
export function findOverflow(schema: Schema | undefined, value: unknown, path = ''): Overflow | undefined {
  if (schema === undefined) return undefined;
  if (typeof value === 'number') {
    const holds = schema.format !== 'int32' || Math.abs(value + 0.5) < 2 ** 31;
    return holds ? undefined : { value, path, type: 'int32' };
  }
  if (Array.isArray(value)) return firstOf(value, item => findOverflow(schema.items, item, path));
  if (!isJsonObject(value)) return undefined;
  const { properties = {}, additionalProperties } = schema;
  const others = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  return firstOf(Object.entries(value), ([field, content]) => {
    const within = Object.hasOwn(properties, field) ? properties[field] : others;
    return findOverflow(within, content, `${path}.${field}`);
  });
}

function firstOf<T>(items: readonly T[], find: (item: T) => Overflow | undefined): Overflow | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
