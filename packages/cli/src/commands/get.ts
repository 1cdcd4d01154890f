/** `larder get`: lists objects as the server's tables, or prints them whole. */
import { Command } from 'commander';
import type { HttpClient } from '@larder/controller';
import { isNotFound, type KubeObject } from '@larder/kube';
import { CommandError, EXIT } from '../failure.ts';
import { getObject, unknownNamespace } from '../missing.ts';
import { namespaceOption, outputOption, withExample, type OutputFormat } from '../options.ts';
import { printData } from '../output/data.ts';
import { fetchTable, watchTable, type Table } from '../output/server-table.ts';
import { tableText } from '../output/table-text.ts';
import { withClient, type Surroundings } from '../surroundings.ts';
import { refTo, titleOf, type Target } from '../target.ts';
import { findTargets } from '../targets.ts';

interface GetOptions {
  namespace: string;
  allNamespaces?: boolean;
  selector?: string;
  output?: OutputFormat;
  watch?: boolean;
}

export function getCommand(surroundings: Surroundings): Command {
  const command = new Command('get')
    .description('list objects of a kind, or show one')
    .argument('<kind>', 'plural, singular or short name; or <kind>/<name>')
    .argument('[name...]', 'only these')
    .addOption(namespaceOption())
    .option('-A, --all-namespaces', 'in every namespace')
    .option('-l, --selector <labels>', 'only what carries these labels, e.g. app=shop')
    .option('-w, --watch', 'go on with what changes, until Ctrl-C')
    .addOption(outputOption('json', 'yaml', 'wide', 'name'))
    .action((kind: string, names: string[], options: GetOptions) =>
      withClient(client => get(surroundings, client, [kind, ...names], options)),
    );
  return withExample(command, 'larder get postgresqlinstances -A -w', 'larder get secret postgres1-connection -o yaml');
}

async function get(
  surroundings: Surroundings,
  client: HttpClient,
  words: string[],
  options: GetOptions,
): Promise<void> {
  const targets = await findTargets(client, words);
  const { output } = options;
  if (options.watch) return watch(surroundings, client, targets, options);
  if (output === undefined || output === 'wide') return showTables(surroundings, client, targets, options);
  const objects = (await Promise.all(targets.map(target => fetchObjects(client, target, options)))).flat();
  if (output === 'name') return objects.forEach(({ title }) => surroundings.print(title));
  const items = objects.map(({ object }) => object);
  const single = items.length === 1 && targets[0]?.name !== undefined;
  await printData(surroundings, single ? items[0] : { apiVersion: 'v1', kind: 'List', metadata: {}, items }, output);
}

async function showTables(
  surroundings: Surroundings,
  client: HttpClient,
  targets: Target[],
  options: GetOptions,
): Promise<void> {
  const tables = await Promise.all(targets.map(target => getTable(client, target, options)));
  const shown = tables.filter(table => table.rows.length > 0);
  if (shown.length === 0) return surroundings.note(await nothing(client, targets, options));
  const text = (table: Table): string =>
    tableText(table, { wide: options.output === 'wide', namespaces: options.allNamespaces });
  surroundings.print(shown.map(text).join('\n\n'));
}

/** @throws CommandError that says where to look for a name that isn't there */
async function getTable(client: HttpClient, { resource, name }: Target, options: GetOptions): Promise<Table> {
  try {
    return await fetchTable(client, { resource, name }, options);
  } catch (error) {
    if (name !== undefined && isNotFound(error)) await getObject(client, { resource, name }, options.namespace);
    throw error;
  }
}

async function nothing(
  client: HttpClient,
  targets: Target[],
  { namespace, allNamespaces }: GetOptions,
): Promise<string> {
  const kinds = targets.map(target => target.resource.name).join(', ');
  if (allNamespaces || !targets.some(target => target.resource.namespaced)) return `No ${kinds} found.`;
  const unknown = await unknownNamespace(client, namespace);
  const elsewhere = await Promise.all(targets.map(target => client.list(target.resource)));
  const other = elsewhere.some(({ items }) => items.length > 0) ? ' -A shows other namespaces.' : '';
  return unknown === undefined
    ? `No ${kinds} found in namespace "${namespace}".${other}`
    : `No ${kinds} found: ${unknown}`;
}

/** Ends by a signal, or when the plane ends. */
async function watch(
  surroundings: Surroundings,
  client: HttpClient,
  targets: Target[],
  options: GetOptions,
): Promise<void> {
  const [target] = targets;
  if (!target || targets.length > 1)
    throw new CommandError('cannot watch several things at once', {
      remedy: 'watch one kind, or one object: larder get postgresqlinstances -w',
      exitCode: EXIT.usage,
    });
  const first = await getTable(client, target, options);
  const under: number[] = [];
  const show = async (table: Table): Promise<void> => {
    if (options.output === undefined || options.output === 'wide') {
      const { output, allNamespaces } = options;
      return surroundings.print(tableText(table, { wide: output === 'wide', namespaces: allNamespaces, under }));
    }
    for (const { object } of table.rows) await showObject(surroundings, client, target, { object, options });
  };
  await show(first);
  for await (const table of watchTable(client, target, options, first)) await show(table);
}

async function showObject(
  surroundings: Surroundings,
  client: HttpClient,
  { resource }: Target,
  { object, options }: { object: Table['rows'][number]['object']; options: GetOptions },
): Promise<void> {
  const name = object?.metadata?.name ?? '';
  if (options.output === 'name') return surroundings.print(titleOf({ resource, name }));
  const found = await client.find(refTo({ resource, name }, object?.metadata?.namespace ?? options.namespace));
  if (found && options.output === 'yaml') surroundings.print('---');
  if (found) await printData(surroundings, found, options.output ?? 'yaml');
}

async function fetchObjects(
  client: HttpClient,
  { resource, name }: Target,
  options: GetOptions,
): Promise<{ object: KubeObject; title: string }[]> {
  if (name !== undefined) {
    const object = await getObject(client, { resource, name }, options.namespace);
    return [{ object, title: titleOf({ resource, name }) }];
  }
  const namespace = options.allNamespaces || !resource.namespaced ? undefined : options.namespace;
  const { items } = await client.list(resource, { namespace, labelSelector: options.selector });
  return items.map(object => ({ object, title: titleOf({ resource, name: object.metadata.name }) }));
}
