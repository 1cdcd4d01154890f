/** `larder diff`: what a manifest would change of an instance now, what would wait, and what would be refused. Nothing is written. */
import { Command } from 'commander';
import {
  holdOf,
  LOCAL_API_VERSION,
  POLICY,
  previewLocal,
  type PostgresServer,
  type Preview,
  type WaitingChange,
} from '@larder/catalog';
import type { HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { windowAt } from '@larder/local';
import { CommandError } from '../failure.ts';
import { readManifests } from '../manifests.ts';
import { namespaceOption, outputOption, withExample, type OutputFormat } from '../options.ts';
import { columns } from '../output/columns.ts';
import { printData } from '../output/data.ts';
import { withClient, type Surroundings } from '../surroundings.ts';
import { applyOne } from './apply.ts';
import { shortOf } from './pending.ts';

interface Options {
  filename: string[];
  namespace: string;
  output?: OutputFormat;
}

const CLAIM = { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLInstance' };

export function diffCommand(surroundings: Surroundings): Command {
  const command = new Command('diff')
    .description(
      'what a manifest would change now, what would wait and until when, what would be refused; writes nothing',
    )
    .requiredOption('-f, --filename <file...>', 'a file, a folder, or - for standard input')
    .addOption(namespaceOption())
    .addOption(outputOption('json', 'yaml'))
    .action((options: Options) => withClient(client => diff(surroundings, client, options)));
  return withExample(command, 'larder diff -f instance.yaml');
}

interface Found {
  claim: string;
  preview: Preview | { kind: 'new' };
}

async function diff(surroundings: Surroundings, client: HttpClient, options: Options): Promise<void> {
  const manifests = (await Promise.all(options.filename.map(readManifests))).flat();
  const instances = manifests.filter(
    ({ object }) => object.kind === CLAIM.kind && object.apiVersion === CLAIM.apiVersion,
  );
  if (instances.length === 0)
    throw new CommandError('there is no PostgreSQLInstance in it', {
      remedy: 'larder apply --dry-run checks all kinds',
    });
  const found: Found[] = [];
  for (const manifest of instances) {
    // The API's own word first: what it refuses needs no plan.
    const quiet = { ...surroundings, print: () => undefined };
    const after = await applyOne(quiet, client, manifest, { namespace: options.namespace, dryRun: true });
    found.push({ claim: after.metadata.name, preview: await previewOf(client, after) });
  }
  if (options.output) await printData(surroundings, found.length === 1 ? found[0] : found, options.output);
  else surroundings.print(found.map(textOf).join('\n\n'));
  if (found.some(({ preview }) => preview.kind === 'refused')) throw new CommandError('it would be refused');
}

async function previewOf(client: HttpClient, after: KubeObject): Promise<Found['preview']> {
  const { name, namespace } = after.metadata;
  const claim = await client.find({ ...CLAIM, name, namespace });
  const composed = (claim?.spec as { resourceRef?: { name?: string } } | undefined)?.resourceRef?.name;
  if (composed === undefined) return { kind: 'new' };
  const [composite, server, versions, machine, policy] = await Promise.all([
    client.find({ apiVersion: 'syn.tools/v1', kind: 'XPostgreSQLInstance', name: composed }),
    client.find<PostgresServer>({ apiVersion: LOCAL_API_VERSION, kind: 'PostgresServer', name: composed }),
    client.list(
      { apiVersion: LOCAL_API_VERSION, kind: 'PostgresVersion' },
      { labelSelector: 'larder.dev/on-offer=true' },
    ),
    client.find({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'larder-system', name: 'larder-machine' }),
    client.find(POLICY),
  ]);
  if (!composite || !server) return { kind: 'new' };
  const now = new Date();
  const hold = holdOf(policy, now.toISOString());
  return previewLocal({
    composite,
    server,
    parameters: (after.spec as { parameters: Record<string, unknown> }).parameters,
    required: { versions: versions.items, machine: machine ? [machine] : [] },
    windowOf: updates => windowAt(updates, now),
    ...(hold ? { hold } : {}),
    now: now.toISOString(),
  });
}

function textOf({ claim, preview }: Found): string {
  if (preview.kind === 'new') return `${claim}: it would be made; there is nothing yet that it could interrupt.`;
  if (preview.kind === 'refused') return `${claim}: it would be refused, and nothing would change: ${preview.message}`;
  const rows = [
    ...preview.now.map(change => rowOf({ ...change, when: 'now' })),
    ...preview.pending.map(change => rowOf(change)),
  ];
  if (rows.length === 0) return `${claim}: nothing would change.`;
  return `${claim}:\n${columns([['  CHANGE', 'FROM', 'TO', 'NEEDS', 'WHEN', 'WHY'], ...rows])}`;
}

const NEEDS = { Nothing: 'nothing', Reload: 'a reload', Restart: 'a restart', NewServer: 'a new server' } as const;

function rowOf({ field, from, to, needs, when, why }: WaitingChange): string[] {
  return [`  ${shortOf(field)}`, from, to, NEEDS[needs], when, why];
}
