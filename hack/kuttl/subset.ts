/** Where an object differs from what a kuttl assert expects: maps may hold more, lists have the same length and order. */

/** One line for each difference, `.path: expected …, found …`; empty when `found` has all that `expected` says. */
export function differences(expected: unknown, found: unknown, path = ''): string[] {
  if (Array.isArray(expected)) return listDifferences(expected, found, path);
  if (isMap(expected)) {
    if (!isMap(found)) return [difference(expected, found, path)];
    return Object.entries(expected).flatMap(([key, value]) => differences(value, found[key], `${path}.${key}`));
  }
  return expected === found ? [] : [difference(expected, found, path)];
}

function listDifferences(expected: unknown[], found: unknown, path: string): string[] {
  if (!Array.isArray(found)) return [difference(expected, found, path)];
  if (expected.length !== found.length) {
    return [`${path}: expected ${expected.length} items, found ${found.length}: ${JSON.stringify(found)}`];
  }
  return expected.flatMap((item, index) => differences(item, found[index], `${path}[${index}]`));
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function difference(expected: unknown, found: unknown, path: string): string {
  return `${path}: expected ${JSON.stringify(expected)}, found ${found === undefined ? 'nothing' : JSON.stringify(found)}`;
}
