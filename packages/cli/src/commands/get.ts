/** `larder get`: lists objects as the server's tables, or prints them whole. */
import { Command } from 'commander';
import type { HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { namespaceOption, outputOption, withExample, type OutputFormat } from '../options.ts';
import { printData } from '../output/data.ts';
import { fetchTable, type Table } from '../output/server-table.ts';
import { tableText } from '../output/table-text.ts';
import { withClient, type Surroundings } from '../surroundings.ts';
import { findTargets, refTo, titleOf, type Target } from '../targets.ts';

interface GetOptions {
  namespace: string;
  allNamespaces?: boolean;
  selector?: string;
  output?: OutputFormat;
}

export function getCommand(surroundings: Surroundings): Command {
  const command = new Command('get')
    .description('list objects of a kind, or show one')
    .argument('<kind>', 'plural, singular or short name; or <kind>/<name>')
    .argument('[name...]', 'only these')
    .addOption(namespaceOption())
    .option('-A, --all-namespaces', 'in every namespace')
    .option('-l, --selector <labels>', 'only what carries these labels, e.g. app=shop')
    .addOption(outputOption('json', 'yaml', 'wide', 'name'))
    .action((kind: string, names: string[], options: GetOptions) =>
      withClient(client => get(surroundings, client, [kind, ...names], options)),
    );
  return withExample(command, 'larder get postgresqlinstances', 'larder get secret postgres1-connection -o yaml');
}

async function get(
  surroundings: Surroundings,
  client: HttpClient,
  words: string[],
  options: GetOptions,
): Promise<void> {
  const targets = await findTargets(client, words);
  const { output } = options;
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
  const tables = await Promise.all(targets.map(target => fetchTable(client, target, options)));
  const shown = tables.filter(table => table.rows.length > 0);
  if (shown.length === 0) return surroundings.note(nothing(targets, options));
  const text = (table: Table): string =>
    tableText(table, { wide: options.output === 'wide', namespaces: options.allNamespaces });
  surroundings.print(shown.map(text).join('\n\n'));
}

function nothing(targets: Target[], { namespace, allNamespaces }: GetOptions): string {
  const within =
    allNamespaces || !targets.some(target => target.resource.namespaced) ? '' : ` in namespace "${namespace}"`;
  return `No ${targets.map(target => target.resource.name).join(', ')} found${within}.`;
}

async function fetchObjects(
  client: HttpClient,
  { resource, name }: Target,
  options: GetOptions,
): Promise<{ object: KubeObject; title: string }[]> {
  if (name !== undefined) {
    const object = await client.get(refTo({ resource, name }, options.namespace));
    return [{ object, title: titleOf({ resource, name }) }];
  }
  const namespace = options.allNamespaces || !resource.namespaced ? undefined : options.namespace;
  const { items } = await client.list(resource, { namespace, labelSelector: options.selector });
  return items.map(object => ({ object, title: titleOf({ resource, name: object.metadata.name }) }));
}
