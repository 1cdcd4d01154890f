/** `larder describe`: an object in plain words: how it is, what waits, what happened. */
import { Command } from 'commander';
import { conditionsOf, type HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import type { Home } from '@larder/local';
import { getObject } from '../missing.ts';
import { namespaceOption, withExample } from '../options.ts';
import { ageOf, columns } from '../output/columns.ts';
import { claimFacts, pendingChanges } from '../output/claim.ts';
import { claimCharts } from '../monitoring/claim-charts.ts';
import { withClient, type Surroundings } from '../surroundings.ts';
import type { Target } from '../target.ts';
import { findObjects } from '../targets.ts';

export function describeCommand(surroundings: Surroundings): Command {
  const command = new Command('describe')
    .description('an object in plain words: its state, what waits and why, what happened')
    .argument('<what...>', 'a claim, <kind> <name>, or <kind>/<name>')
    .addOption(namespaceOption())
    .action((words: string[], options: { namespace: string }) =>
      withClient(async (client, home) => {
        for (const target of await findObjects(client, words, options.namespace))
          surroundings.print(await describe({ client, home }, target, options.namespace));
      }),
    );
  return withExample(command, 'larder describe postgres1', 'larder describe secret/postgres1-connection');
}

async function describe(
  { client, home }: { client: HttpClient; home: Home },
  target: Required<Target>,
  namespace: string,
): Promise<string> {
  const object = await getObject(client, target, namespace);
  const sections = [
    columns(factsOf(object, target)),
    section(
      'Conditions',
      conditionsOf(object).map(({ type, status, reason, message = '' }) => [type, status, reason, message]),
    ),
    section('Pending changes (larder apply-pending makes them now)', pendingChanges(object)),
    section('The last day', await claimCharts(home, object, Date.now() / 1000)),
    section('Events', await eventsOf(client, object)),
  ];
  return sections.filter(text => text !== '').join('\n\n');
}

function factsOf(object: KubeObject, target: Required<Target>): string[][] {
  const { name, namespace, creationTimestamp, deletionTimestamp, labels = {} } = object.metadata;
  return [
    ['Name', name],
    ...(namespace === undefined ? [] : [['Namespace', namespace]]),
    ['Kind', `${object.kind} (${object.apiVersion})`],
    ['Age', ageOf(creationTimestamp)],
    ...(deletionTimestamp === undefined
      ? []
      : [['Deleted', `${ageOf(deletionTimestamp)} ago; waits for its finalizers`]]),
    ...Object.entries(labels).map(([key, value]) => ['Label', `${key}=${value}`]),
    ...(target.resource.categories?.includes('claim') ? claimFacts(object) : contentsOf(object)),
  ];
}

/** The keys of a Secret or ConfigMap: their values are shown with `get -o yaml` only. */
function contentsOf({ data }: KubeObject): string[][] {
  if (typeof data !== 'object' || data === null) return [];
  return Object.entries(data).map(([key, value]) => ['Data', `${key} (${String(value).length} characters)`]);
}

function section(title: string, rows: string[][]): string {
  return rows.length === 0 ? '' : `${title}:\n${columns(rows.map(([first = '', ...rest]) => [`  ${first}`, ...rest]))}`;
}

interface KubeEvent extends KubeObject {
  type: string;
  reason: string;
  message: string;
  lastTimestamp?: string;
  count?: number;
  involvedObject: { kind: string; name: string; uid?: string };
}

async function eventsOf(client: HttpClient, object: KubeObject): Promise<string[][]> {
  const { name, namespace = 'default', uid } = object.metadata;
  const about = `involvedObject.name=${name},involvedObject.kind=${object.kind}`;
  const { items } = await client.list<KubeEvent>(
    { apiVersion: 'v1', kind: 'Event' },
    { namespace, fieldSelector: about },
  );
  return items
    .filter(({ involvedObject }) => involvedObject.uid === undefined || involvedObject.uid === uid)
    .sort((a, b) => (a.lastTimestamp ?? '').localeCompare(b.lastTimestamp ?? ''))
    .map(event => [
      `${ageOf(event.lastTimestamp)} ago`,
      event.type,
      event.reason,
      `${event.message}${times(event.count)}`,
    ]);
}

function times(count = 1): string {
  return count > 1 ? ` (${count} times)` : '';
}
