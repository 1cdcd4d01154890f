/** Prints plain data as JSON or YAML. */
import type { OutputFormat } from '../options.ts';
import type { Surroundings } from '../surroundings.ts';

/** @default JSON for formats that aren't YAML */
export async function printData({ print }: Surroundings, data: unknown, format: OutputFormat): Promise<void> {
  if (format !== 'yaml') return print(JSON.stringify(data, null, 2));
  const { stringify } = await import('yaml');
  print(stringify(data).trimEnd());
}
